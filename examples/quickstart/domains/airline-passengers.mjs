/** An airline's messages: the full name of the passenger that a message speaks of. */
import { combination, firstNames } from './words.mjs';

const lastNames = 'Brown White Green Stone King Hall Bell Lake Fox Park Day Snow Rose Gold'.split(' ');

const cities = ['London', 'Paris', 'Rome', 'Boston', 'Lima', 'Sydney'];

const templates = [
  (name, city) => `Please tell ${name} that the flight to ${city} is late.`,
  (name, city) => `${name} lost a bag in ${city}.`,
  (name, city) => `We met ${name} at the airport of ${city}.`,
  (name, city) => `The ticket to ${city} belongs to ${name}.`,
  (name, city) => `${name} wants a seat to ${city}.`,
];

/** @type {import('./index.mjs').Domain} */
export const airlinePassengers = {
  name: 'airline-passengers',
  instruction: 'Name the passenger.',
  answers: 'open',
  draw: (pick, index) => {
    const name = combination(index, firstNames, lastNames).join(' ');
    return { input: pick(templates)(name, pick(cities)), output: name };
  },
};
