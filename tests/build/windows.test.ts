// The program for Windows, looked at from outside: it starts where Windows 98 and 2000 do.
import { describe, expect, test } from 'vitest';
import { scanDisassembly } from '../../ts/build/scan.ts';
import { exec } from '../../ts/support/exec.ts';
import { testWith } from '../needs.ts';
import { programOf } from '../program/program.ts';

const compiler = ['i686-w64-mingw32-gcc'];
const HOW_TO = 'install gcc-mingw-w64-i686-win32';

// What the program and MinGW's start files call of KERNEL32. Windows 98 has all of them, though
// GetModuleHandleW only by name: there it finds nothing, and MinGW does without.
const INPUT_AND_OUTPUT = [
  ...['CloseHandle', 'CreateFileA', 'DeleteFileA', 'FindClose', 'FindFirstFileA'],
  ...['FlushFileBuffers', 'GetConsoleMode', 'GetFileAttributesA', 'GetFileInformationByHandle'],
  ...['GetFileSize', 'GetFileType', 'GetFullPathNameA', 'MoveFileA', 'SetConsoleCtrlHandler'],
];
const PROCESS = [
  ...['DeleteCriticalSection', 'EnterCriticalSection', 'FreeLibrary', 'GetCurrentProcess'],
  ...['GetCurrentProcessId', 'GetLastError', 'GetModuleFileNameA', 'GetModuleHandleA'],
  ...['GetModuleHandleW', 'GetProcAddress', 'GetStartupInfoA', 'GetTickCount', 'GetVersion'],
  ...[
    'GlobalMemoryStatus',
    'InitializeCriticalSection',
    'IsDBCSLeadByteEx',
    'LeaveCriticalSection',
  ],
  ...[
    'LoadLibraryA',
    'MultiByteToWideChar',
    'QueryPerformanceCounter',
    'QueryPerformanceFrequency',
  ],
  ...['SetLastError', 'SetUnhandledExceptionFilter', 'Sleep', 'TlsGetValue', 'VirtualProtect'],
  ...['VirtualQuery', 'WideCharToMultiByte'],
];

// What objdump tells of a program's head: its fields, and what it imports by library.
async function headOf(program: string) {
  const { stdout } = await exec('objdump', ['-p', program], { env: { LC_ALL: 'C' } });
  const parts = stdout.split(/^\s+DLL Name: /m).slice(1);
  const imports = new Map(
    parts.map((part) => [
      (part.split('\n', 1)[0] ?? '').trim().toLowerCase(),
      [...part.matchAll(/^\s+[0-9a-f]+\s+\d+\s+(\w+)$/gm)].map(([, name = '']) => name),
    ]),
  );
  const field = (wanted: string) =>
    new RegExp(`^${wanted}\\s+(.*)$`, 'm').exec(stdout)?.[1]?.trim();
  return { imports, field };
}

describe('the program for Windows', () => {
  testWith(compiler, HOW_TO, 'needs KERNEL32 and msvcrt, and of KERNEL32 what 98 has', async () => {
    const { imports } = await headOf(await programOf('win32'));
    expect([...imports.keys()].sort()).toEqual(['kernel32.dll', 'msvcrt.dll']);
    expect(imports.get('msvcrt.dll')).toContain('fopen');
    const known = new Set([...INPUT_AND_OUTPUT, ...PROCESS]);
    expect(imports.get('kernel32.dll')).toContain('CreateFileA');
    expect(imports.get('kernel32.dll')?.filter((name) => !known.has(name))).toEqual([]);
  });

  testWith(compiler, HOW_TO, 'is a console program of subsystem 4.0, as 98 asks', async () => {
    const { field } = await headOf(await programOf('win32'));
    expect(field('MajorSubsystemVersion')).toBe('4');
    expect(field('MinorSubsystemVersion')).toBe('0');
    expect(field('Subsystem')).toContain('Windows CUI');
    expect(field('Time/Date')).toContain('1970'); // the same bytes on every day
  });
});

describe('what MinGW links in', () => {
  const list = (name: string, instruction: string) =>
    `00401000 <${name}>:\n  401000:\t${instruction}\n  401004:\tret\n`;

  test.each([
    ['__CTOR_LIST__', '(bad)'],
    ['___trailz_D2A', 'tzcnt (%eax),%eax'],
  ])('%s: %s is no violation', (name, instruction) => {
    expect(scanDisassembly(list(name, instruction), 'pentium3').violations).toEqual([]);
  });

  test.each([
    ['matmul', '(bad)'],
    ['matmul', 'tzcnt (%eax),%eax'],
    ['___trailz_D2A', 'paddq %xmm1,%xmm0'],
  ])('%s: %s is one', (name, instruction) => {
    expect(scanDisassembly(list(name, instruction), 'pentium3').violations).toHaveLength(1);
  });
});
