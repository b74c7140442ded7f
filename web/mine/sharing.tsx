import { useId } from 'preact/hooks';
import type { Audience, Privacy } from '../api/shapes.ts';
import { useTexts } from '../language/language.ts';
import { Switch } from '../parts/switch.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';

type Props = { privacy: Privacy | undefined; onChange: (wanted: Partial<Privacy>) => Promise<void> };

/** Who sees what I play, and whether I can be found at all. */
export function Sharing({ privacy, onChange }: Props) {
  const texts = useTexts();
  const { problem, inTurn } = useAction();
  if (!privacy) return null;
  const { audience, discoverable } = privacy;
  return (
    <details class="setting">
      <summary>{texts.sharing}</summary>
      <AudienceChoice audience={audience} onChange={(chosen) => inTurn(() => onChange({ audience: chosen }))} />
      <Switch
        label={texts.discoverable}
        hint={texts.discoverableHint}
        on={discoverable}
        onChange={(on) => inTurn(() => onChange({ discoverable: on }))}
      />
      <Trouble text={problem} />
    </details>
  );
}

/** Groups are chosen in apps; whoever has chosen some keeps them until something else is chosen here. */
function AudienceChoice({ audience, onChange }: { audience: Audience; onChange: (audience: Audience) => void }) {
  const texts = useTexts();
  const name = useId();
  const choices: [string, Audience][] = [
    [texts.audienceFriends, 'friends'],
    [texts.audienceNobody, 'nobody'],
  ];
  if (typeof audience !== 'string') choices.push([texts.audienceGroups(audience.groups.join(', ')), audience]);
  return (
    <fieldset>
      <legend>{texts.audience}</legend>
      {choices.map(([label, choice]) => (
        <label key={label} class="check">
          <input type="radio" name={name} checked={choice === audience} onChange={() => onChange(choice)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
