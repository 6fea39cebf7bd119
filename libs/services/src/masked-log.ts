/**
 * Secrets that a log line might come to hold, by way of somebody's error message: keys of the API, and passwords in addresses.
 * Lines are masked as they are written, so that it matters in no way where a secret came from.
 */
const keys = /fedamole_([ovs])_([0-9A-Za-z]{12})[0-9A-Za-z]{20,}/g;
const passwords = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s/@"]+@/gi;

/** A key's identifier stays, and so does the name before a password. */
export const maskSecrets = (line: string): string =>
  line.replace(keys, 'fedamole_$1_$2[masked]').replace(passwords, '$1:[masked]@');
