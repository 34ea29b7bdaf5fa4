// Finds what breaks an order of folders: a file that uses one of a folder above its own, a file in
// no folder of the order, files that use each other in a circle. It knows no language: it is given
// the files and what each of them uses.

// What each file uses, by path; paths begin at the root of the repository.
export type Uses = ReadonlyMap<string, readonly string[]>;

// A sentence for each use that leads upwards, and for each file that no floor holds. Floors are
// folders or files, from the top to the bottom; a file belongs to the longest that its path begins
// with.
export function findUpward(files: Uses, floors: readonly string[]): string[] {
  return [...files].flatMap(([file, used]) => {
    const from = floorOf(file, floors);
    if (from === undefined) return [`${file} is in no folder of the order`];
    return used.flatMap((other) => {
      const to = floorOf(other, floors);
      if (to === undefined) return [`${file} uses ${other}, which is in no folder of the order`];
      if (floors.indexOf(to) >= floors.indexOf(from)) return [];
      return [`${file} uses ${other}, but ${to} stands above ${from}`];
    });
  });
}

function floorOf(file: string, floors: readonly string[]): string | undefined {
  const holding = floors.filter((floor) => file === floor || file.startsWith(`${floor}/`));
  return holding.sort((a, b) => b.length - a.length)[0];
}

// The circles in which files use each other, as "a -> b -> a"; where there is any, one is found.
export function findCircles(files: Uses): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file].join(' -> '));
    if (at >= 0 || done.has(file)) return;
    for (const other of files.get(file) ?? []) walk(other, [...way, file]);
    done.add(file);
  };
  for (const file of files.keys()) walk(file, []);
  return circles;
}
