import { useCallback } from 'preact/hooks';
import type { Device } from '../api/shapes.ts';
import { useLanguage, useTexts } from '../language/language.ts';
import { dayText, momentText } from '../language/times.ts';
import { SureButton } from '../parts/sure-button.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAction } from '../parts/use-action.ts';
import { usePolled } from '../parts/use-polled.ts';
import { useCall } from '../session/mine.ts';

const EVERY = 60_000;

/** Devices that are signed in. */
export function SignedIn() {
  const texts = useTexts();
  const call = useCall();
  const load = useCallback(
    async () => ((await (await call('GET', '/tokens')).json()) as { tokens: Device[] }).tokens,
    [call],
  );
  const { value: devices, refresh } = usePolled(load, EVERY);
  const { problem, inTurn } = useAction();

  const revoke = ({ tokenId }: Device) =>
    inTurn(async () => {
      await call('DELETE', `/tokens/${tokenId}`);
      await refresh();
    });
  return (
    <section class="card" aria-labelledby="signed-in">
      <h2 id="signed-in">{texts.signedIn}</h2>
      <ul class="rows">
        {devices?.map((device) => (
          <DeviceRow key={device.tokenId} device={device} onRevoke={() => revoke(device)} />
        ))}
      </ul>
      <Trouble text={problem} />
    </section>
  );
}

function DeviceRow({ device, onRevoke }: { device: Device; onRevoke: () => void }) {
  const texts = useTexts();
  const language = useLanguage();
  const { deviceName, createdAt, lastUsedAt, current } = device;
  const name = deviceName ?? texts.unnamed;
  const facts = [
    texts.since(dayText(createdAt, language)),
    ...(lastUsedAt === null ? [] : [texts.lastUsed(momentText(lastUsedAt, language))]),
  ];
  return (
    <li>
      <div>
        <h3>
          <bdi>{name}</bdi> {current && <span class="badge">{texts.thisDevice}</span>}
        </h3>
        <p class="hint">{facts.join(' · ')}</p>
      </div>
      <div class="buttons">
        <SureButton label={texts.revokeNamed(name)} text={texts.revoke} sure={texts.revokeSure} onSure={onRevoke} />
      </div>
    </li>
  );
}
