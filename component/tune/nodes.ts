import type { NodePlace } from '../../domain/friendship/access-places.ts';
import { USUAL } from '../../domain/friendship/node-access.ts';
import type { Tune } from '../../domain/playing/tune.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import type { Element } from '../stream/xml.ts';
import { tuneElement } from './tune-element.ts';

/** A PEP node (XEP-0163) in which a subscriber's friends are shown what plays. */
export type PepNode = NodePlace & {
  /** Also the namespace of its payload, as PEP has it (section 2). */
  readonly name: string;
  /** The feature by which a server sends a contact what is published there (XEP-0163, section 4.3); absent where nobody reads it. */
  readonly notify?: string;
  /** What it holds while this plays; of nothing, what clients understand as the end. */
  element(tune: Tune | undefined): Element;
};

/** Every node that is published, in the order of publishing; the first is also heard when users' own clients publish there. */
export const NODES: readonly [PepNode, ...PepNode[]] = [
  { name: TUNE, notify: `${TUNE}+notify`, kept: '', usual: USUAL, element: tuneElement },
];
