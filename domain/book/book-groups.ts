import { type Contact, cleanGroups, joinGroup, MOST_NUMBERS } from './address-book.ts';

/** A group that a file or a server keeps as a card of its own; `members`: what its members are known by. */
export type GroupCard = { name: string; members: readonly string[] };

/** Gathers group cards and contacts, in whatever order they come, and makes the groups those of their members. */
export type GroupGathering = {
  addMember(id: string, contact: Contact): void;
  /** @returns why the group is left out */
  addGroup(group: GroupCard): string | undefined;
  hasGroups(): boolean;
  /** When all have come; `pause` lets others go on. */
  apply(pause: () => Promise<void>): Promise<void>;
};

/** Contacts that share an identifier and join a group by it. */
const MOST_TWINS = 3;

/** For the cards of one book, as they come in. */
export function createGroupGathering(): GroupGathering {
  const contacts = new Map<string, Contact[]>();
  const groups: GroupCard[] = [];
  let members = 0;
  return {
    addMember(id, contact) {
      const twins = contacts.get(id);
      if (twins === undefined) contacts.set(id, [contact]);
      else if (twins.length < MOST_TWINS) twins.push(contact);
    },
    addGroup(group) {
      const [name] = cleanGroups([group.name]);
      if (name === undefined) return 'The group has no name.';
      members += group.members.length;
      if (members > MOST_NUMBERS) return `The groups of this book have more than ${MOST_NUMBERS} members.`;
      groups.push({ name, members: group.members });
      return undefined;
    },
    hasGroups: () => groups.length > 0,
    async apply(pause) {
      for (const { name, members: ids } of groups) {
        await pause();
        for (const contact of ids.flatMap((id) => contacts.get(id) ?? [])) joinGroup(contact, name);
      }
    },
  };
}
