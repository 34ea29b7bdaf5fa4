// `legacy-llm count`: instructions of rows of `bench`, by valgrind, in a build that runs here.
import { type Command, Option } from 'commander';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { countRow } from '../counting/callgrind.ts';
import { FORMS, REFERENCE_FORM } from '../report/scenario.ts';
import { UserError } from '../support/errors.ts';
import { markdownTable } from '../support/markdown.ts';

interface CountOptions {
  build: string;
  form: string;
}

// Adds the command to the program.
export function registerCount(program: Command): void {
  program
    .command('count')
    .description(
      'count exactly the instructions that rows of `legacy_llm bench` take\n' +
        '(with valgrind); options for bench follow --, for example: count step,generate -- --dim 256',
    )
    .argument('<rows>', 'names of rows, separated by commas: step, forward, product, ...')
    .argument('[options...]', 'options for bench, after --')
    .addOption(new Option('--build <name>', 'a build that runs on this machine').default('p3'))
    .addOption(
      new Option('--form <forms>', 'forms to count, separated by commas').default(FORMS.join(',')),
    )
    .action(count);
}

async function count(rows: string, options: string[], { build, form }: CountOptions) {
  const target = findTarget(build);
  if (target.run !== 'direct') {
    throw new UserError(`valgrind cannot run ${build}`, { hint: 'Use p2, p3, host or host-sse.' });
  }
  const program = (await buildTarget(target)).program;
  const forms = form.split(',');
  const lines: string[][] = [];
  for (const row of rows.split(',')) lines.push(await lineOf(program, row, forms, options));
  const others = forms.filter((name) => name !== REFERENCE_FORM);
  const heads = ['row', ...forms, ...others.map((name) => `${REFERENCE_FORM} / ${name}`)];
  console.log(markdownTable(heads, lines));
}

// Instructions of one repeat in each form, then how many times fewer than in fp32.
async function lineOf(program: string, row: string, forms: string[], options: string[]) {
  const counts = new Map<string, number>();
  for (const form of forms) {
    const counted = await countRow(program, row, form, options);
    if (counted) counts.set(form, counted.instructions);
  }
  const reference = counts.get(REFERENCE_FORM) ?? Number.NaN;
  const whole = (form: string) => counts.get(form)?.toLocaleString('en') ?? '-';
  const times = (form: string) => {
    const value = reference / (counts.get(form) ?? Number.NaN);
    return Number.isFinite(value) ? value.toFixed(2) : '-';
  };
  const others = forms.filter((name) => name !== REFERENCE_FORM);
  return [row, ...forms.map(whole), ...others.map(times)];
}
