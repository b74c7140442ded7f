import { useState } from 'preact/hooks';
import { serverNow } from '../api/clock.ts';
import type { Privacy } from '../api/shapes.ts';
import { useLanguage, useTexts } from '../language/language.ts';
import { momentText } from '../language/times.ts';
import { Switch } from '../parts/switch.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';

type HowLong = 'hour' | 'tomorrow';
type Props = { privacy: Privacy | undefined; onChange: (wanted: Partial<Privacy>) => Promise<void> };

const HOUR = 3_600_000;
/** The hour of the morning at which a private session ends. */
const MORNING = 6;

/** A switch for a while in which nobody sees what I play. */
export function PrivateSession({ privacy, onChange }: Props) {
  const texts = useTexts();
  const language = useLanguage();
  const [howLong, setHowLong] = useState<HowLong>('hour');
  const { problem, inTurn } = useAction();
  const until = privacy?.privateUntil ?? null;

  function choose(chosen: HowLong): void {
    setHowLong(chosen);
    if (until !== null) void inTurn(() => onChange({ privateUntil: endOf(chosen) }));
  }
  return (
    <div class="setting">
      <Switch
        label={texts.privateSession}
        hint={until === null ? texts.privateHint : texts.privateUntil(momentText(until, language))}
        on={until !== null}
        disabled={!privacy}
        onChange={(on) => inTurn(() => onChange({ privateUntil: on ? endOf(howLong) : null }))}
      />
      <select
        aria-label={texts.howLong}
        value={howLong}
        onChange={(event) => choose(event.currentTarget.value as HowLong)}
      >
        <option value="hour">{texts.oneHour}</option>
        <option value="tomorrow">{texts.untilTomorrow}</option>
      </select>
      <Trouble text={problem} />
    </div>
  );
}

function endOf(howLong: HowLong): string {
  const now = new Date(serverNow());
  if (howLong === 'hour') return new Date(now.getTime() + HOUR).toISOString();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, MORNING).toISOString();
}
