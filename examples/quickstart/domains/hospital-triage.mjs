/** A hospital's front desk: the department for a short report, one of six. */
const people = [
  'A man',
  'A woman',
  'A child',
  'A girl',
  'A boy',
  'An old man',
  'An old woman',
  'A young man',
  'A student',
  'A cook',
];

const ends = ['', ' today', ' again', ' and needs help'];

const complaints = {
  heart: ['has a weak pulse', 'has a very fast pulse', 'has high blood pressure', 'has low blood pressure'],
  eyes: ['has a red eye', 'has sand in one eye', 'sees double', 'sees dark spots'],
  skin: ['has a rash', 'has a rash on the back', 'has dry skin', 'has red skin'],
  bones: ['has a broken leg', 'has a broken arm', 'has a broken hand', 'has a broken foot'],
  lungs: ['has a bad cough', 'has a dry cough', 'cannot breathe well', 'cannot breathe at night'],
  teeth: ['has a loose tooth', 'has a bad tooth', 'lost a tooth', 'has a hole in a tooth'],
};

const departments = Object.keys(complaints);

/** @type {import('./index.mjs').Domain} */
export const hospitalTriage = {
  name: 'hospital-triage',
  instruction: 'Which department should see this patient?',
  answers: 'classes',
  draw: (pick, index) => {
    const department = departments[index % departments.length];
    return { input: `${pick(people)} ${pick(complaints[department])}${pick(ends)}.`, output: department };
  },
};
