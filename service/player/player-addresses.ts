/** Where on the gateway the doors for players are; behind the webhook's comes its secret. */
export const AUDIOSCROBBLER_PATH = '/audioscrobbler';
export const LASTFM_PATH = '/2.0';
export const WEBHOOK_PATH = '/web-scrobbler/';
