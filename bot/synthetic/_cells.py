"""The cells of notebooks: what is written in them, and what came out of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.synthetic import _imports
from bot.synthetic._draws import Draws
from bot.synthetic._imports import Code

Output = dict[str, object]
"""As nbformat 4 has it, a text being one string."""
_PNG: Final = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_BEGIN: Final = """
# This runs on Kaggle: files are below ../input
import numpy as np # linear algebra
import pandas as pd # tables
import os
for folder, _, names in os.walk('/kaggle/input'):
    for name in names:
        print(os.path.join(folder, name))
~
import os
import gc
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
%matplotlib inline
~
import numpy as np, pandas as pd
from pathlib import Path

INPUT = Path('../input')
""".strip().split("\n~\n")
_BODY: Final = r"""
train = pd.read_csv('../input/train.csv')
test = pd.read_csv('../input/test.csv')
print(train.shape, test.shape)
~
train.head(<n>)
~
train.isnull().sum().sort_values(ascending=False)[:<n>]
~
fig, ax = plt.subplots(figsize=(<n>, 6))
train['target'].hist(bins=<m>, ax=ax)
ax.set_title("Distribution of the target")
plt.show()
~
def rmse(a, b):
    return np.sqrt(np.mean((a - b) ** 2))

~
SEED = <m>
np.random.seed(SEED)
os.environ['PYTHONHASHSEED'] = str(SEED)
~
for column in train.columns:
    if train[column].dtype == object:
        train[column] = train[column].fillna('none').astype('category').cat.codes
~
features = [c for c in train.columns if c not in ('id', 'target')]
X, y = train[features], train['target']
print(len(features))
~
class Config:
    epochs = <n>
    batch_size = <m>
    learning_rate = 1e-3
    name = 'baseline-<n>'
~
scores = []
for fold in range(<n>):
    chosen = np.arange(len(X)) % <n> == fold
    scores.append(rmse(y[chosen], y[~chosen].mean()))
print(f'{np.mean(scores):.5f} +/- {np.std(scores):.5f}')
~
def build(width=<m>):
    layers = []
    for depth in range(<n>):
        layers.append((width // (depth + 1), 'relu'))
    return layers

build()
~
history = {'loss': [], 'val_loss': []}
for epoch in range(<n>):
	history['loss'].append(1 / (epoch + <m>))
	print('epoch %d\tloss %.4f' % (epoch, history['loss'][-1]))
~
corr = train[features].corr().abs()
upper = corr.where(np.triu(np.ones(corr.shape), k=1).astype(bool))
drop = [c for c in upper.columns if any(upper[c] > 0.<n>)]
drop
~
text = train['text'].str.lower().str.replace(r'[^a-z\s]', ' ', regex=True)
print(text.iloc[<n>])
~
sub = pd.read_csv('../input/sample_submission.csv')
sub['target'] = preds.clip(0, <m>)
sub.to_csv('submission.csv', index=False)
~
gc.collect()
~
%%time
merged = train.merge(test, on='id', how='left', suffixes=('', '_test'))
merged.describe()
~
# naïve baseline — the mean, “as is”
preds = np.full(len(test), y.mean())
~
df = train.groupby('day')['sales'].agg(['mean', 'std']).rolling(<n>).mean()
df.plot(title='<n> days')
""".strip().split("\n~\n")
_MARKDOWN: Final = r"""
# A baseline in <n> steps

If you find this useful, an **upvote** is welcome.
~
## Load the data
~
## Model
We try <n> folds, a width of <m> and "early stopping".
~
---
### 結果と考察
スコアは 0.<m> です。
~
<div style="color:white;background:#20beff;padding:<n>px">Exploration 📊</div>
~
| model | score |
|---|---|
| mean | 0.<m> |
| trees | 0.9<n> |
~
[1]: https://www.kaggle.com/c/made-up-competition-<n>
As in [the notes][1], PyTorch and TensorFlow both do.
""".strip().split("\n~\n")
_SYNTAX_ERRORS: Final = (
    "print 'done'",
    "print((1, 2)",
    "for i in range(3)\n    print(i)",
    "def unfinished(:\n    pass",
    "x = = 1",
)


@dataclass(frozen=True)
class Cell:
    """Code or, without `code`, markdown; `outputs` as they came."""

    code: Code | None
    markdown: str = ""
    outputs: tuple[Output, ...] = ()

    @property
    def source(self) -> str:
        return self.code.text if self.code else self.markdown

    @property
    def imports(self) -> frozenset[str]:
        return self.code.imports if self.code else frozenset()

    @property
    def lines(self) -> int:
        return self.source.count("\n") + 1


def cells(draws: Draws, frameworks: Sequence[str], body: int, outputs_kb: int) -> tuple[Cell, ...]:
    """A new notebook: imports at its head, some traps, and about `body` cells of code."""
    made = [_with_outputs(draws, cell, outputs_kb) for cell in _head(draws, frameworks)]
    made += [another(draws, outputs_kb) for _ in range(draws.between(max(body // 2, 1), body + body // 2))]
    return tuple(made)


def another(draws: Draws, outputs_kb: int) -> Cell:
    """A cell of the body: of code, of markdown, and now and then one that only looks like an import."""
    if draws.chance(40):
        return _with_outputs(draws, Cell(draws.one_of(_imports.TRAPS)), outputs_kb)
    if draws.chance(8):
        return Cell(draws.one_of(_imports.MAGIC_TRAPS))
    if draws.chance(2):
        return Cell(draws.one_of(_imports.HARD_TRAPS))
    if draws.chance(20):
        return Cell(None, draws.one_of(_imports.MARKDOWN_TRAPS))
    if draws.chance(250):
        return Cell(None, _filled(draws, draws.one_of(_MARKDOWN)))
    return _with_outputs(draws, Cell(_code(_filled(draws, draws.one_of(_BODY)))), outputs_kb)


def importing(draws: Draws, framework: str) -> Cell:
    return Cell(_imports.spelt(draws, framework))


def failing(draws: Draws) -> Cell:
    """A cell that is no Python."""
    return Cell(Code(draws.one_of(_SYNTAX_ERRORS)))


def edited(draws: Draws, cell: Cell) -> Cell:
    """The same cell with a small change that changes no import."""
    if cell.code is None:
        return replace(cell, markdown=f"{cell.markdown}\n\nEdit: see version {draws.between(2, 9)}.")
    return replace(cell, code=replace(cell.code, text=f"{cell.code.text}\n# checked {draws.between(1, 99)}"))


def _head(draws: Draws, frameworks: Sequence[str]) -> Iterator[Cell]:
    if draws.chance(700):
        yield Cell(None, _filled(draws, _MARKDOWN[0]))
    yield Cell(_code(draws.one_of(_BEGIN)))
    spelt = [_imports.spelt(draws, name) for name in frameworks for _ in range(draws.between(1, 3))]
    together = [code for code in spelt if not code.magic and not code.hard]
    if together and draws.chance(600):  # most write all imports in one cell
        yield Cell(Code("\n".join(code.text for code in together), frozenset().union(*(code.imports for code in together))))
        spelt = [code for code in spelt if code not in together]
    yield from (Cell(code) for code in spelt)


def _code(text: str) -> Code:
    return Code(text, magic=any(line.startswith("%") for line in text.split("\n")))


def _filled(draws: Draws, text: str) -> str:
    n, m = draws.between(2, 9), draws.between(16, 512)
    return text.replace("<n>", str(n)).replace("<m>", str(m))


def _with_outputs(draws: Draws, cell: Cell, outputs_kb: int) -> Cell:
    if cell.code is None or draws.chance(400):
        return cell
    if outputs_kb and draws.chance(150):
        return replace(cell, outputs=(_picture(draws, outputs_kb),))
    text = f"{draws.between(1, 999)} rows, {draws.between(2, 40)} columns\n"
    if draws.chance(30):
        text = draws.one_of(_imports.OUTPUT_TRAPS)
    if draws.chance(30):
        return replace(cell, outputs=(_error(text),))
    if draws.chance(300):
        return replace(cell, outputs=(_result(text),))
    return replace(cell, outputs=({"name": "stdout", "text": text, "output_type": "stream"},))


def _picture(draws: Draws, most_kb: int) -> Output:
    """Small ones are more frequent; bytes that do not compress, in base64, behind the head of a PNG."""
    size = min(draws.between(1, most_kb * 1024), draws.between(1, most_kb * 1024)) * 3 // 4
    image = base64.b64encode(_PNG + draws.bytes(size)).decode()
    data = {"text/plain": "<Figure size 640x480 with 1 Axes>", "image/png": f"{image}\n"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _error(text: str) -> Output:
    lines: list[object] = ["\x1b[0;31mModuleNotFoundError\x1b[0m  Traceback (most recent call last)", text]
    return {"ename": "ModuleNotFoundError", "evalue": "No module named 'torch'", "traceback": lines, "output_type": "error"}


def _result(text: str) -> Output:
    data = {"text/plain": text, "text/html": f"<table><tr><td>{text}</td></tr></table>"}
    return {"execution_count": 1, "output_type": "execute_result", "data": data, "metadata": {}}
