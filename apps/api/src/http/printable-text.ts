import { z } from 'zod';

/** Control characters (Cc), as every dialect of regular expressions has them: the document's readers use many. */
const withoutControls = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** Text that people read: some characters, no control characters (Postgres could not store NUL). */
export const printableText = (longest: number) =>
  z.string().trim().min(1).max(longest).regex(withoutControls, 'no control characters');
