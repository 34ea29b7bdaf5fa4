// Files that were opened, and which of them counts. Knows no element of the page.

export interface OpenedFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What is read of a `File` of the browser. */
export interface ReadableFile {
  readonly name: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

// Reads a file; a folder, or a file that is gone since it was chosen, is refused in words.
export async function read(file: ReadableFile): Promise<OpenedFile> {
  const { name } = file;
  try {
    return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch (error) {
    const words = `${name} cannot be read; it may be a folder, or no longer be there`;
    throw new Error(words, { cause: error });
  }
}

// Of choices that take time, such as a download, the newest counts, whichever is there first.
export class NewestChoice {
  #newest = 0;

  // What was chosen, once it is there; undefined, also where it failed, if by then something else was.
  async wait<Chosen>(chosen: Chosen | Promise<Chosen>): Promise<Chosen | undefined> {
    this.#newest++;
    const number = this.#newest;
    try {
      const result = await chosen;
      return number === this.#newest ? result : undefined;
    } catch (error) {
      if (number !== this.#newest) return undefined;
      throw error;
    }
  }

  // Something was chosen that is there at once.
  overtake(): void {
    this.#newest++;
  }
}
