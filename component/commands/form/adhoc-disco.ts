// XEP-0050, section 2

import type { Capability, DiscoNode } from '../../disco/disco.ts';
import { DATA_FORM } from '../../stream/data-form.ts';
import type { CommandContext } from '../command.ts';
import { visitOf } from '../run.ts';
import { commandsFor, commandsOf } from '../table.ts';
import { languageOf, TEXTS } from '../texts/texts.ts';
import { nodeOf } from './adhoc-elements.ts';
import { COMMANDS } from './command-actions.ts';

/** What service discovery says of commands: each user is shown those that make sense. */
export function commandCapability(context: CommandContext): Capability {
  const list: DiscoNode = {
    identities: [{ category: 'automation', type: 'command-list', name: TEXTS.en.commandList }],
    features: [COMMANDS],
    async items(from, lang) {
      const visit = await visitOf(context, from, languageOf(lang));
      if (!visit) return [];
      return commandsFor(visit).map(({ name }) => ({
        jid: context.domain,
        node: nodeOf(name),
        name: visit.texts.commands[name].title,
      }));
    },
  };
  const nodes = commandsOf(context).map(({ name }): [string, DiscoNode] => [
    nodeOf(name),
    {
      identities: [{ category: 'automation', type: 'command-node', name: TEXTS.en.commands[name].title }],
      features: [COMMANDS, DATA_FORM],
    },
  ]);
  return { features: [COMMANDS, DATA_FORM], nodes: { [COMMANDS]: list, ...Object.fromEntries(nodes) } };
}
