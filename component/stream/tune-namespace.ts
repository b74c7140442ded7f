/** Namespace of user tunes (XEP-0118), and so the name of the PEP node that holds them (XEP-0163, section 2). */
export const TUNE = 'http://jabber.org/protocol/tune';
