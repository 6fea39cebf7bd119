/** An insurer's claims: the thing that was damaged, with the place it belongs to. */
import { combination, times } from './words.mjs';

const places = ['kitchen', 'bedroom', 'office', 'garden', 'hall', 'shop', 'school', 'hotel', 'farm', 'station'];

const things = 'window door floor wall roof table chair lamp bed clock light fence gate computer camera machine'.split(
  ' ',
);

const templates = [
  (thing, time) => `A storm broke the ${thing} ${time}.`,
  (thing, time) => `Water got into the ${thing} ${time}.`,
  (thing, time) => `Somebody damaged the ${thing} ${time}.`,
  (thing, time) => `A tree fell on the ${thing} ${time}.`,
  (thing, time) => `A fire burned the ${thing} ${time}.`,
];

/** @type {import('./index.mjs').Domain} */
export const insuranceClaims = {
  name: 'insurance-claims',
  instruction: 'Name the damaged thing.',
  answers: 'open',
  draw: (pick, index) => {
    const thing = combination(index, places, things).join(' ');
    return { input: pick(templates)(thing, pick(times)), output: thing };
  },
};
