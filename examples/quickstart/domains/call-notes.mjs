/** A call centre's notes: what a caller says of himself or herself, written down about that person. */
import { firstNames } from './words.mjs';

const states = [
  'at home',
  'late',
  'lost',
  'sick',
  'at the station',
  'at work',
  'alone',
  'in London',
  'outside',
  'happy',
];

const actions = ['wait', 'pay', 'come back', 'help', 'call again', 'stay here', 'write', 'drive'];

const said = [
  ['am', 'is', states],
  ['was', 'was', states],
  ['can', 'can', actions],
  ['will', 'will', actions],
];

/** @type {import('./index.mjs').Domain} */
export const callNotes = {
  name: 'call-notes',
  instruction: 'Write the note about the caller.',
  answers: 'open',
  draw: (pick) => {
    const [own, noted, ends] = pick(said);
    const name = pick(firstNames);
    const end = pick(ends);
    return { input: `${name}: I ${own} ${end}.`, output: `${name} ${noted} ${end}.` };
  },
};
