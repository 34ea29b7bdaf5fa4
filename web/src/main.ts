// The page: puts its parts together. Each part knows its own elements of index.html and its Worker.
import { AttentionView } from './inside/attention.ts';
import { MatrixView } from './inside/matrix.ts';
import { MemoryView } from './inside/memory.ts';
import { loadNumbers, showNumbers } from './inside/numbers.ts';
import { ParityView } from './inside/parity.ts';
import { showPlots } from './inside/plots.ts';
import { StepView } from './inside/step.ts';
import { loadKit } from './laptop/kit.ts';
import { LaptopPart } from './laptop/part.ts';
import { find } from './parts/dom.ts';
import { TrainPart } from './parts/train.ts';
import { WritePart } from './parts/write.ts';

// What no part has expected is said, not hidden.
function showFailure(words: string): void {
  const place = find('failure', HTMLElement);
  place.textContent = `Something in this page failed: ${words}. Reload it to begin anew.`;
  place.hidden = false;
}

addEventListener('error', ({ message }) => showFailure(message));
addEventListener('unhandledrejection', ({ reason }) => showFailure(String(reason)));

const writing = new WritePart();
const matrix = new MatrixView();
const training = new TrainPart([writing.watcher, matrix, new StepView(), new MemoryView()]);
writing.training = training;
matrix.training = training;
new AttentionView(writing);

const [numbers, kit] = await Promise.all([loadNumbers(), loadKit()]);
showNumbers(numbers);
showPlots(numbers);
new ParityView(numbers);
const laptop = new LaptopPart(kit, numbers['emu-train'].values, () => training.text);
laptop.onCheckpoint = (name, bytes) => void writing.open({ name, bytes });
