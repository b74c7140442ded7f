import type { Friend } from '../api/shapes.ts';
import { useLanguage, useTexts } from '../language/language.ts';
import { Mine } from '../mine/mine.tsx';
import type { PrivacyControl } from '../mine/use-privacy.ts';
import { PopularSection } from '../popular/popular.tsx';
import { Announcer } from './announcer.tsx';
import { ConnectionSign } from './connection-sign.tsx';
import { FriendRow } from './friend-row.tsx';
import { inOrder } from './order.ts';
import { Ticking } from './ticking.tsx';
import type { Friends } from './use-friends.ts';

type Props = { friends: Friends; privacy: PrivacyControl; searchUrl: string | undefined };

/** What friends play, what is popular among them, and what they see of me. */
export function FriendsView({ friends: { list, connection }, privacy, searchUrl }: Props) {
  const friends = inOrder(list?.values() ?? [], useLanguage());
  return (
    <Ticking>
      <div class="columns">
        <div>
          <ConnectionSign connection={connection} />
          {list && <List friends={friends} searchUrl={searchUrl} />}
          <Announcer list={list} />
        </div>
        <div class="aside">
          <Mine privacy={privacy} />
          <PopularSection searchUrl={searchUrl} />
        </div>
      </div>
    </Ticking>
  );
}

function List({ friends, searchUrl }: { friends: Friend[]; searchUrl: string | undefined }) {
  const texts = useTexts();
  if (friends.length === 0)
    return (
      <section class="card empty">
        <h2>{texts.noFriendsTitle}</h2>
        <p>{texts.noFriends}</p>
        <a class="main button" href="#/book">
          {texts.toAddressBook}
        </a>
      </section>
    );
  return (
    <section aria-labelledby="playing">
      <h2 id="playing" class="lead">
        {texts.friendsLead(friends.filter(({ nowPlaying }) => nowPlaying).length)}
      </h2>
      <ul class="friends">
        {friends.map((friend) => (
          <FriendRow key={friend.subscriberId} friend={friend} searchUrl={searchUrl} />
        ))}
      </ul>
    </section>
  );
}
