/**
 * What a key looks like: `fedamole_`, the first letter of its scope, and 44 random letters and digits, of which the first 12
 * are its identifier. The other 32 carry 190 bits: nobody guesses them, so that a plain digest is enough to keep.
 */
import { createHash, randomInt } from 'node:crypto';
import type { Scope } from '../access/caller.js';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const identifierLength = 12;
const secretLength = 32;

export const keyIdentifier = /^[0-9A-Za-z]{12}$/;
const wholeKey = /^fedamole_[ovs]_([0-9A-Za-z]{12})[0-9A-Za-z]{32}$/;

export interface NewKey {
  readonly id: string;
  readonly key: string;
  readonly hash: Uint8Array<ArrayBuffer>;
}

export function makeKey(scope: Scope): NewKey {
  const id = randomText(identifierLength);
  const key = `fedamole_${scope.charAt(0)}_${id}${randomText(secretLength)}`;
  return { id, key, hash: hashOfKey(key) };
}

/** Null where the text cannot be a key. */
export const identifierOf = (text: string): string | null => wholeKey.exec(text)?.[1] ?? null;

export const hashOfKey = (key: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(key).digest());

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
