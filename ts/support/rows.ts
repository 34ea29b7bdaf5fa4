// Rows of data that people call by name.
import { UserError } from './errors.ts';

// The row of a name; a name that is none is a usage error that lists them. `what` is what people call
// a row: "target".
export function rowNamed<Row extends { name: string }>(
  rows: readonly Row[],
  name: string,
  what: string,
): Row {
  const row = rows.find((each) => each.name === name);
  if (row) return row;
  const all = `${what.charAt(0).toUpperCase()}${what.slice(1)}s`;
  throw new UserError(`there is no ${what} "${name}"`, {
    hint: `${all}: ${rows.map((each) => each.name).join(', ')}`,
    exitCode: 2,
  });
}
