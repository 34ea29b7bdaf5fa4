// Lines of a serial port: bytes in, text out.

const MAX_LINE = 4096;

// Takes bytes and passes on each line without its end; one that does not end comes in pieces.
export function lineCollector(receive: (line: string) => void): (byte: number) => void {
  let line = '';
  return (byte) => {
    if (byte !== 10) line += String.fromCharCode(byte);
    if (byte !== 10 && line.length < MAX_LINE) return;
    receive(line.replace(/\r$/, ''));
    line = '';
  };
}
