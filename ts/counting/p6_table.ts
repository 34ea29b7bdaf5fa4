// What each instruction becomes in the core of a Pentium II or III (the P6): a table of micro-ops and
// the ports that execute them, row by row with its published source.
//
// The numbers are facts measured by Agner Fog, "Instruction tables" (www.agner.org/optimize), chapter
// "Pentium II and Pentium III", in four parts; where they name a port, they agree with GCC's
// scheduling description of the P6 (gcc/config/i386/ppro.md). Ports:
//
//   p0  integer, x87, MMX and SSE multiplication, shifts of integers, lea, division
//   p1  integer, jumps, MMX shifts and shuffles, SSE addition, logic and shuffles
//   p01 either of the two
//   p2  load          p3  address of a store          p4  data of a store
//
// Two units behind p0 stay busy after a micro-op has entered them, while p0 takes others: the
// multiplier of integers and x87 numbers, and the divider, which also takes roots.

import type { ScannedLevel } from '../build/targets.ts';

// The parts of the chapter.
export const SOURCES = {
  integer: 'Fog, Instruction tables: Pentium II and III, integer instructions',
  x87: 'Fog, Instruction tables: Pentium II and III, floating point x87 instructions',
  mmx: 'Fog, Instruction tables: Pentium II and III, integer MMX instructions',
  xmm: 'Fog, Instruction tables: Pentium III, floating point XMM instructions',
  // What the operating system does for a call is in no profile, and not modelled.
  system: 'left out',
  // A repeated string instruction is microcode; this is one round of its fast form, where both
  // pointers are aligned and ascend.
  string: 'Fog, How to optimize for the Pentium family: string instructions, fast form',
} as const;
export type Source = keyof typeof SOURCES;

export const PORTS = ['p0', 'p1', 'p01', 'p2', 'p3', 'p4'] as const;
export type Port = (typeof PORTS)[number];

export const UNITS = ['multiplier', 'divider'] as const;
export type Unit = (typeof UNITS)[number];

// Where an instruction's operand in memory stands: there is none, it is read, or it is written.
// "indirect" is a call whose address is in a register.
export type Form = 'register' | 'load' | 'store' | 'indirect';

export interface Row {
  /** Mnemonics in AT&T spelling. */
  names: readonly string[];
  form: Form;
  /** How many micro-ops go to each port, and for how many cycles each unit is busy. */
  needs: Needs;
  source: Source;
}

export type Needs = Readonly<Partial<Record<Port | Unit, number>>>;

// Cycles that the x87 unit divides: as long as the precision in its control word asks.
const X87_DIVISION = { single: 17, double: 31, extended: 37 } as const;
export type Precision = keyof typeof X87_DIVISION;

const CONDITIONS = words(
  'o no b c nae ae nb nc e z ne nz be na a nbe s ns p pe np po l nge ge nl le ng g nle',
);

const integer: Row[] = [
  ...row(
    'nop cltd cwtl cwtd cbtw clc stc cmc sahf lahf pause endbr32',
    'register',
    'p01',
    'integer',
  ),
  ...row(sized('nop'), 'load', 'p01', 'integer'), // a long nop reads nothing
  ...row(`${sized('mov')} movsbl movsbw movswl movzbl movzbw movzwl`, 'register', 'p01', 'integer'),
  ...row(`${sized('mov')} movsbl movsbw movswl movzbl movzbw movzwl`, 'load', 'p2', 'integer'),
  ...row(sized('mov'), 'store', 'p3 p4', 'integer'),
  ...row(conditional('cmov'), 'register', 'p0 p1', 'integer'),
  ...row(conditional('cmov'), 'load', 'p0 p1 p2', 'integer'),
  ...row(sized('xchg'), 'register', 'p01*3', 'integer'),
  ...row(sized('xchg xadd cmpxchg'), 'store', 'p01*4 p2 p3 p4', 'integer'),
  ...row(sized('xadd cmpxchg'), 'register', 'p01*4', 'integer'),
  ...row(sized('push'), 'register', 'p01 p3 p4', 'integer'),
  ...row(sized('push'), 'load', 'p01 p2 p3 p4', 'integer'),
  ...row(sized('pop'), 'register', 'p01 p2', 'integer'),
  ...row(sized('pop'), 'load', 'p01*5 p2 p3 p4', 'integer'),
  ...row(sized('lea'), 'load', 'p0', 'integer'),
  ...row(sized('add sub and or xor'), 'register', 'p01', 'integer'),
  ...row(sized('add sub and or xor'), 'load', 'p01 p2', 'integer'),
  ...row(sized('add sub and or xor'), 'store', 'p01 p2 p3 p4', 'integer'),
  ...row(sized('adc sbb'), 'register', 'p01*2', 'integer'),
  ...row(sized('adc sbb'), 'load', 'p01*2 p2', 'integer'),
  ...row(sized('adc sbb'), 'store', 'p01*3 p2 p3 p4', 'integer'),
  ...row(sized('cmp test'), 'register', 'p01', 'integer'),
  ...row(sized('cmp test'), 'load', 'p01 p2', 'integer'),
  ...row(sized('inc dec neg not'), 'register', 'p01', 'integer'),
  ...row(sized('inc dec neg not'), 'store', 'p01 p2 p3 p4', 'integer'),
  ...row(sized('mul imul'), 'register', 'p0 multiplier', 'integer'),
  ...row(sized('mul imul'), 'load', 'p0 p2 multiplier', 'integer'),
  ...row('div divl idiv idivl', 'register', 'p0*3 p01 divider*37', 'integer'),
  ...row('div divl idiv idivl', 'load', 'p0*3 p01 p2 divider*37', 'integer'),
  ...row('divw idivw', 'register', 'p0*3 p01 divider*21', 'integer'),
  ...row('divw idivw', 'load', 'p0*3 p01 p2 divider*21', 'integer'),
  ...row('divb idivb', 'register', 'p0*2 p01 divider*12', 'integer'),
  ...row('divb idivb', 'load', 'p0*2 p01 p2 divider*12', 'integer'),
  ...row(sized('shl shr sar sal rol ror'), 'register', 'p0', 'integer'),
  ...row(sized('shl shr sar sal rol ror'), 'store', 'p0 p2 p3 p4', 'integer'),
  ...row(sized('rcl rcr'), 'register', 'p0 p01', 'integer'),
  ...row(sized('shld shrd'), 'register', 'p01*2', 'integer'),
  ...row(sized('shld shrd'), 'store', 'p01*2 p2 p3 p4', 'integer'),
  ...row(sized('bt btr bts btc'), 'register', 'p01', 'integer'),
  ...row(sized('bsf bsr'), 'register', 'p0 p1', 'integer'),
  ...row(sized('bsf bsr'), 'load', 'p0 p1 p2', 'integer'),
  ...row(sized('bswap'), 'register', 'p0 p01', 'integer'),
  ...row(conditional('set'), 'register', 'p0', 'integer'),
  ...row(conditional('set'), 'store', 'p0 p3 p4', 'integer'),
  ...row(`${conditional('j')} jmp`, 'register', 'p1', 'integer'),
  ...row('jmp', 'load', 'p1 p2', 'integer'),
  ...row('call', 'register', 'p1 p01 p3 p4', 'integer'),
  ...row('call', 'indirect', 'p1 p01*2 p3 p4', 'integer'),
  ...row('call', 'load', 'p1 p01*4 p2 p3 p4', 'integer'),
  ...row('ret', 'register', 'p1 p01*2 p2', 'integer'),
  ...row('leave', 'register', 'p01*2 p2', 'integer'),
  ...row('cld std', 'register', 'p01*4', 'integer'),
  ...row('pushf', 'register', 'p0*11 p01*3 p3 p4', 'integer'),
  ...row('popf', 'register', 'p0*6 p01*10 p2', 'integer'),
  ...row('int sysenter hlt ud2', 'register', '', 'system'),
  ...row('cpuid', 'register', 'p01*23', 'integer'),
  ...row('rdtsc', 'register', 'p01*31', 'integer'),
  ...row(sized('stos'), 'store', 'p3 p4', 'string'),
  ...row(sized('movs'), 'store', 'p2 p3 p4', 'string'),
  ...row(sized('lods'), 'load', 'p01*2 p2', 'integer'),
  ...row(sized('scas'), 'load', 'p01*2 p2', 'integer'),
  ...row(sized('cmps'), 'load', 'p01*4 p2*2', 'integer'),
];

const ARITHMETIC = 'fadd fadds faddl faddp fsub fsubs fsubl fsubp fsubr fsubrs fsubrl fsubrp';
const COMPARISON = 'fcom fcoms fcoml fcomp fcomps fcompl fcompp fucom fucomp fucompp';
const DIVISION = 'fdiv fdivs fdivl fdivp fdivr fdivrs fdivrl fdivrp';

function x87(precision: Precision): Row[] {
  const division = `divider*${X87_DIVISION[precision]}`;
  const root = `divider*${Math.round((X87_DIVISION[precision] * 69) / 37)}`;
  return [
    ...row('fld fst fstp fldz fabs fchs fxam ftst ffree ffreep fnop', 'register', 'p0', 'x87'),
    ...row('fincstp fdecstp', 'register', 'p01', 'x87'),
    ...row('fxch', 'register', '', 'x87'), // renaming: retired, never executed
    ...row('fld1 fldpi fldl2e fldl2t fldlg2 fldln2', 'register', 'p0*2', 'x87'),
    ...row('fld flds fldl', 'load', 'p2', 'x87'),
    ...row('fldt', 'load', 'p0*2 p2*2', 'x87'),
    ...row('fst fsts fstl fstp fstps fstpl', 'store', 'p3 p4', 'x87'),
    ...row('fstpt', 'store', 'p0*2 p3*2 p4*2', 'x87'),
    ...row('fild filds fildl fildll', 'load', 'p0*3 p2', 'x87'),
    ...row('fist fists fistl fistp fistps fistpl fistpll', 'store', 'p0*2 p3 p4', 'x87'),
    ...row(ARITHMETIC, 'register', 'p0', 'x87'),
    ...row(ARITHMETIC, 'load', 'p0 p2', 'x87'),
    ...row('fmul fmulp', 'register', 'p0 multiplier*2', 'x87'),
    ...row('fmul fmuls fmull', 'load', 'p0 p2 multiplier*2', 'x87'),
    ...row(DIVISION, 'register', `p0 ${division}`, 'x87'),
    ...row(DIVISION, 'load', `p0 p2 ${division}`, 'x87'),
    ...row('fsqrt', 'register', `p0 ${root}`, 'x87'),
    ...row(
      'fiadd fiadds fiaddl fisub fisubs fisubl fisubr fisubrs fisubrl',
      'load',
      'p0*6 p2',
      'x87',
    ),
    ...row('fimul fimuls fimull', 'load', 'p0*6 p2 multiplier*2', 'x87'),
    ...row('ficom ficoms ficoml ficomp ficomps ficompl', 'load', 'p0*6 p2', 'x87'),
    ...row('fidiv fidivs fidivl fidivr fidivrs fidivrl', 'load', `p0*6 p2 ${division}`, 'x87'),
    ...row(COMPARISON, 'register', 'p0', 'x87'),
    ...row(COMPARISON, 'load', 'p0 p2', 'x87'),
    ...row('fcomi fcomip fucomi fucomip', 'register', 'p0', 'x87'),
    ...row(conditional('fcmov'), 'register', 'p0*2', 'x87'),
    ...row('fnstsw fstsw', 'register', 'p0*3', 'x87'),
    ...row('fnstsw fstsw fnstcw fstcw', 'store', 'p0 p3 p4', 'x87'),
    ...row('fldcw', 'load', 'p0 p01 p2 divider*10', 'x87'),
    ...row('frndint', 'register', 'p0*30', 'x87'),
    ...row('fprem fprem1', 'register', 'p0*23', 'x87'),
    ...row('fscale', 'register', 'p0*56', 'x87'),
    ...row('fxtract', 'register', 'p0*15', 'x87'),
    ...row('fsin fcos fsincos', 'register', 'p0*60', 'x87'),
    ...row('f2xm1', 'register', 'p0*33', 'x87'),
    ...row('fyl2x fyl2xp1', 'register', 'p0*36', 'x87'),
    ...row('fpatan fptan', 'register', 'p0*70', 'x87'),
    ...row('fwait', 'register', 'p01*2', 'x87'),
    ...row('fnclex fclex', 'register', 'p0*3', 'x87'),
    ...row('fninit finit', 'register', 'p0*13', 'x87'),
  ];
}

const PACKED_ADD =
  'paddb paddw paddd paddsb paddsw paddusb paddusw psubb psubw psubd psubsb psubsw psubusb psubusw ' +
  'pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pand pandn por pxor';
const PACKED_SHIFT =
  'psllw pslld psllq psrlw psrld psrlq psraw psrad packsswb packssdw packuswb ' +
  'punpcklbw punpcklwd punpckldq punpckhbw punpckhwd punpckhdq';

const mmx: Row[] = [
  ...row('movd movq', 'register', 'p01', 'mmx'),
  ...row('movd movq', 'load', 'p2', 'mmx'),
  ...row('movd movq', 'store', 'p3 p4', 'mmx'),
  ...row(PACKED_ADD, 'register', 'p01', 'mmx'),
  ...row(PACKED_ADD, 'load', 'p01 p2', 'mmx'),
  ...row('pmullw pmulhw pmaddwd', 'register', 'p0', 'mmx'),
  ...row('pmullw pmulhw pmaddwd', 'load', 'p0 p2', 'mmx'),
  ...row(PACKED_SHIFT, 'register', 'p1', 'mmx'),
  ...row(PACKED_SHIFT, 'load', 'p1 p2', 'mmx'),
  ...row('emms', 'register', 'p01*11', 'mmx'),
];

// Instructions of MMX that came with SSE.
const PACKED_CHOICE = 'pavgb pavgw pminub pminsw pmaxub pmaxsw';
const mmxOfSse: Row[] = [
  ...row('movntq', 'store', 'p3 p4', 'mmx'),
  ...row(PACKED_CHOICE, 'register', 'p01', 'mmx'),
  ...row(PACKED_CHOICE, 'load', 'p01 p2', 'mmx'),
  ...row('pmulhuw', 'register', 'p0', 'mmx'),
  ...row('pmulhuw', 'load', 'p0 p2', 'mmx'),
  ...row('pshufw', 'register', 'p1', 'mmx'),
  ...row('pshufw', 'load', 'p1 p2', 'mmx'),
  ...row('pmovmskb', 'register', 'p1', 'mmx'),
  ...row('pextrw', 'register', 'p1 p01', 'mmx'),
  ...row('pinsrw', 'register', 'p1', 'mmx'),
  ...row('pinsrw', 'load', 'p1 p2', 'mmx'),
  ...row('psadbw', 'register', 'p0*2 p01', 'mmx'),
  ...row('psadbw', 'load', 'p0*2 p01 p2', 'mmx'),
];

const PREDICATES = words('cmp cmpeq cmplt cmple cmpunord cmpneq cmpnlt cmpnle cmpord');
const PACKED_FLOAT_P1 = [
  'addps subps maxps minps andps andnps orps xorps shufps unpcklps unpckhps',
  ...PREDICATES.map((name) => `${name}ps`),
].join(' ');
const SCALAR_FLOAT_P1 = [
  'addss subss maxss minss comiss ucomiss',
  ...PREDICATES.map((name) => `${name}ss`),
].join(' ');

// A 128-bit operation is two micro-ops, one for each half.
const xmm: Row[] = [
  ...row('movaps movups', 'register', 'p01*2', 'xmm'),
  ...row('movaps', 'load', 'p2*2', 'xmm'),
  ...row('movaps movntps', 'store', 'p3*2 p4*2', 'xmm'),
  ...row('movups', 'load', 'p2*4', 'xmm'),
  ...row('movups', 'store', 'p01 p3*4 p4*4', 'xmm'),
  ...row('movss', 'register', 'p01', 'xmm'),
  ...row('movss', 'load', 'p01 p2', 'xmm'),
  ...row('movss', 'store', 'p3 p4', 'xmm'),
  ...row('movlps movhps', 'load', 'p2', 'xmm'),
  ...row('movlps movhps', 'store', 'p3 p4', 'xmm'),
  ...row('movlhps movhlps', 'register', 'p01', 'xmm'),
  ...row('movmskps', 'register', 'p0', 'xmm'),
  ...row('cvtpi2ps cvtps2pi cvttps2pi', 'register', 'p1*2', 'xmm'),
  ...row('cvtpi2ps cvtps2pi cvttps2pi', 'load', 'p1 p01 p2', 'xmm'),
  ...row('cvtsi2ss cvtsi2ssl', 'register', 'p1 p01*2', 'xmm'),
  ...row('cvtsi2ss cvtsi2ssl', 'load', 'p1 p01*2 p2', 'xmm'),
  ...row('cvtss2si cvttss2si', 'register', 'p1 p01', 'xmm'),
  ...row('cvtss2si cvttss2si', 'load', 'p1 p01 p2', 'xmm'),
  ...row(PACKED_FLOAT_P1, 'register', 'p1*2', 'xmm'),
  ...row(PACKED_FLOAT_P1, 'load', 'p1*2 p2*2', 'xmm'),
  ...row(SCALAR_FLOAT_P1, 'register', 'p1', 'xmm'),
  ...row(SCALAR_FLOAT_P1, 'load', 'p1 p2', 'xmm'),
  ...row('mulps', 'register', 'p0*2', 'xmm'),
  ...row('mulps', 'load', 'p0*2 p2*2', 'xmm'),
  ...row('mulss', 'register', 'p0', 'xmm'),
  ...row('mulss', 'load', 'p0 p2', 'xmm'),
  ...row('divps', 'register', 'p0*2 divider*34', 'xmm'),
  ...row('divps', 'load', 'p0*2 p2*2 divider*34', 'xmm'),
  ...row('divss', 'register', 'p0 divider*17', 'xmm'),
  ...row('divss', 'load', 'p0 p2 divider*17', 'xmm'),
  ...row('sqrtps', 'register', 'p0*2 divider*56', 'xmm'),
  ...row('sqrtps', 'load', 'p0*2 p2*2 divider*56', 'xmm'),
  ...row('sqrtss', 'register', 'p0 divider*28', 'xmm'),
  ...row('sqrtss', 'load', 'p0 p2 divider*28', 'xmm'),
  ...row('prefetchnta prefetcht0 prefetcht1 prefetcht2', 'load', 'p2', 'xmm'),
  ...row('sfence', 'register', 'p3*6 p4', 'xmm'),
  ...row('ldmxcsr', 'load', 'p01*10 p2', 'xmm'),
  ...row('stmxcsr', 'store', 'p01*4 p3 p4', 'xmm'),
];

// Every row of a processor: the Pentium III has SSE, and with it more instructions of MMX. The x87 unit
// divides by the precision of its control word.
export function p6Rows(precision: Precision, processor: ScannedLevel): Row[] {
  const both = [...integer, ...x87(precision), ...mmx];
  return processor === 'pentium2' ? both : [...both, ...mmxOfSse, ...xmm];
}

function row(names: string, form: Form, list: string, source: Source): Row[] {
  const needs: Partial<Record<Port | Unit, number>> = {};
  for (const word of words(list)) {
    const [name = '', count = '1'] = word.split('*');
    needs[name as Port | Unit] = Number(count);
  }
  return [{ names: words(names), form, needs, source }];
}

function words(list: string): string[] {
  return list.split(' ').filter((word) => word !== '');
}

// objdump adds a size where no register tells it.
function sized(names: string): string {
  return words(names)
    .flatMap((name) => [name, `${name}b`, `${name}w`, `${name}l`])
    .join(' ');
}

function conditional(name: string): string {
  const all = [...CONDITIONS, 'u', 'nu'].map((condition) => `${name}${condition}`);
  return name === 'cmov' ? sized(all.join(' ')) : all.join(' ');
}
