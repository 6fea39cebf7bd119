/** A delivery service's notes: the street that a note speaks of. */
import { combination, firstNames } from './words.mjs';

const names = 'King Park River Lake Oak East West Stone Moon Island Water Lion Tiger Bird Gold Farm'.split(' ');

const kinds = ['Street', 'Road', 'Lane', 'Way', 'Place', 'Square', 'Hill', 'Gate', 'Bridge', 'Garden'];

const templates = [
  (street, name) => `Please bring the box to ${name} in ${street}.`,
  (street, name) => `${name} waits in ${street}.`,
  (street, name) => `The bag for ${name} is in ${street}.`,
  (street) => `Turn left into ${street} and stop.`,
  (street, name) => `The driver saw ${name} in ${street}.`,
];

/** @type {import('./index.mjs').Domain} */
export const parcelStreets = {
  name: 'parcel-streets',
  instruction: 'Name the street.',
  answers: 'open',
  draw: (pick, index) => {
    const street = combination(index, names, kinds).join(' ');
    return { input: pick(templates)(street, pick(firstNames)), output: street };
  },
};
