// Which processor feature each x86 instruction needs, as tables of mnemonics in AT&T spelling.
// What stands in no table is refused, so a new instruction cannot slip through by being unknown.

// Features, oldest first. "estimate" is SSE1 too, but its result differs between processors.
export type Feature = 'i686' | 'x87' | 'mmx' | 'sse' | 'estimate' | 'later';

export interface Need {
  feature: Feature;
  /** What the message says: "SSE2". */
  label: string;
}

const LABELS: Readonly<Record<Exclude<Feature, 'later'>, string>> = {
  i686: 'i686',
  x87: 'x87',
  mmx: 'MMX',
  sse: 'SSE',
  estimate: 'an SSE estimate, whose bits differ between processors',
};

const CONDITIONS = words(
  'o no b c nae ae nb nc e z ne nz be na a nbe s ns p pe np po l nge ge nl le ng g nle',
);

// Integer instructions; objdump adds a size suffix where no register tells the size.
const INTEGER = new Set([
  ...sized(
    'adc add and bsf bsr bt btc btr bts call cmp cmpxchg dec div idiv imul in inc iret lcall lea ' +
      'ljmp lret mov mul neg nop not or out pop popa popf push pusha pushf rcl rcr ret rol ror sal ' +
      'sar sbb shl shld shr shrd sub sldt smsw str test xadd xchg xor',
  ),
  ...sized('cmps ins lods movs outs scas stos enter leave jmp lgdt lidt sgdt sidt'),
  ...words('movsbl movsbw movswl movzbl movzbw movzwl cbtw cwtl cwtd cltd bswap cmpxchg8b'),
  ...words('aaa aad aam aas daa das arpl bound clc cld cli clts cmc stc std sti hlt into int int3'),
  ...words('cpuid rdtsc rdpmc rdmsr wrmsr invd wbinvd invlpg lahf sahf lar lsl lldt lmsw ltr lds'),
  ...words('les lfs lgs lss verr verw rsm sysenter sysexit ud2 xlat loop loope loopne jcxz jecxz'),
  // Encoded as "rep nop" and as a hint nop of the P6 family: older processors run both as a nop.
  ...['pause', 'endbr32'],
  ...CONDITIONS.flatMap((condition) => [`j${condition}`, `set${condition}`]),
  ...CONDITIONS.flatMap((condition) => sized(`cmov${condition}`)),
]);

const X87 = new Set([
  ...words('fld flds fldl fldt fst fsts fstl fstp fstps fstpl fstpt fxch fbld fbstp'),
  ...words('fild filds fildl fildll fist fists fistl fistp fistps fistpl fistpll'),
  ...words('add sub subr mul div divr com comp').flatMap((operation) => [
    ...[`f${operation}`, `f${operation}s`, `f${operation}l`],
    ...[`fi${operation}`, `fi${operation}s`, `fi${operation}l`],
  ]),
  ...words('faddp fsubp fsubrp fmulp fdivp fdivrp fcompp fucom fucomp fucompp'),
  ...words('fcomi fcomip fucomi fucomip ftst fxam fabs fchs frndint fscale fsqrt fxtract'),
  ...words('fprem fprem1 fsin fcos fsincos fptan fpatan f2xm1 fyl2x fyl2xp1 fld1 fldl2e fldl2t'),
  ...words('fldlg2 fldln2 fldpi fldz finit fninit fclex fnclex fldcw fstcw fnstcw fstenv fnstenv'),
  ...words('fldenv fsave fnsave frstor fstsw fnstsw fwait fnop ffree ffreep fincstp fdecstp'),
  ...words('b e be u nb ne nbe nu').map((condition) => `fcmov${condition}`),
]);

// With an xmm register these are SSE2.
const MMX = new Set([
  ...words('emms movd movq packssdw packsswb packuswb paddb paddw paddd paddsb paddsw paddusb'),
  ...words('paddusw pand pandn por pxor pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pmaddwd'),
  ...words('pmulhw pmullw psllw pslld psllq psraw psrad psrlw psrld psrlq psubb psubw psubd'),
  ...words('psubsb psubsw psubusb psubusw punpckhbw punpckhwd punpckhdq punpcklbw punpcklwd'),
  'punpckldq',
]);

// What SSE1 added to MMX; with an xmm register these are SSE2, too.
const MMX_OF_SSE = new Set([
  ...words('maskmovq movntq pavgb pavgw pextrw pinsrw pmaxsw pmaxub pminsw pminub pmovmskb'),
  ...words('pmulhuw psadbw pshufw'),
]);

const COMPARISONS = words('cmp cmpeq cmplt cmple cmpunord cmpneq cmpnlt cmpnle cmpord');

const SSE = new Set([
  ...words('add sub mul div sqrt min max').flatMap((name) => [`${name}ps`, `${name}ss`]),
  ...COMPARISONS.flatMap((name) => [`${name}ps`, `${name}ss`]),
  ...words('andps andnps orps xorps comiss ucomiss shufps unpckhps unpcklps movaps movups movss'),
  ...words('movhps movlps movhlps movlhps movmskps movntps cvtpi2ps cvtps2pi cvttps2pi'),
  ...['cvtsi2ss', 'cvtsi2ssl', 'cvtss2si', 'cvttss2si', 'ldmxcsr', 'stmxcsr'],
  ...words('sfence prefetchnta prefetcht0 prefetcht1 prefetcht2 fxsave fxrstor'),
]);

const ESTIMATES = new Set(words('rcpps rcpss rsqrtps rsqrtss'));

// Only for the message: the name of what an instruction above Pentium III belongs to.
const LATER: readonly (readonly [string, RegExp])[] = [
  ['SSE3', /^(fisttp\w*|hadd|hsub|addsub|movddup|movs[hl]dup|lddqu|monitor|mwait)/],
  ['SSSE3', /^(pabs|pshufb|palignr|ph(add|sub)|psign|pmulhrsw|pmaddubsw)/],
  ['SSE4', /^(blend|dpp|extractps|insertps|p(blend|cmpeqq|cmpgtq|cmp[ei]str)|pmulld|pmuldq)/],
  ['SSE4', /^(pm(ax|in)(sb|sd|ud|uw)|pmov[sz]x|ptest|round|pextr[bdq]|pinsr[bdq]|phminpos)/],
  ['SSE4', /^(packusdw|mpsadbw|movntdqa|crc32|popcnt)/],
  ['AES', /^(aes|pclmul)/],
  ['BMI', /^(lzcnt|tzcnt|andn|bextr|bls|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx)/],
  ['3DNow!', /^(femms|pf|pi2f|prefetchw?$|pswapd|pavgusb)/],
  ['CET', /^(rdssp|incssp|setssbsy)/],
  ['SSE2', /(pd|sd|dq|dqa|dqu)$|^(cvt.*(pd|sd|dq).*|[ml]fence|clflush|movnti|maskmovdqu)$/],
  ['SSE2', /^(movdq2q|movq2dq|pshuf[dhl]w?|paddq|psubq|pmuludq|ps[lr]ldq|punpck[hl]qdq)$/],
];

// What a processor must have to run an instruction.
export function needOf(mnemonic: string, operands: string): Need {
  if (/%([yz]mm|k[0-7])/.test(operands) || (/^v/.test(mnemonic) && !INTEGER.has(mnemonic))) {
    return { feature: 'later', label: 'AVX' };
  }
  if (INTEGER.has(mnemonic)) return known('i686');
  if (X87.has(mnemonic)) return known('x87');
  if (MMX.has(mnemonic) || MMX_OF_SSE.has(mnemonic)) {
    if (/%xmm/.test(operands)) return { feature: 'later', label: 'SSE2' };
    return known(MMX.has(mnemonic) ? 'mmx' : 'sse');
  }
  if (SSE.has(mnemonic)) return known('sse');
  if (ESTIMATES.has(mnemonic)) return known('estimate');
  const later = LATER.find(([, pattern]) => pattern.test(mnemonic));
  return {
    feature: 'later',
    label: later ? later[0] : 'not an instruction of any known processor of that time',
  };
}

function known(feature: Exclude<Feature, 'later'>): Need {
  return { feature, label: LABELS[feature] };
}

function words(list: string): string[] {
  return list.split(' ');
}

function sized(list: string): string[] {
  return words(list).flatMap((name) => [name, `${name}b`, `${name}w`, `${name}l`]);
}
