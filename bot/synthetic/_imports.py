"""How notebooks import frameworks, and what only looks as if it did. Each text knows what it imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.synthetic._draws import Draws

FRAMEWORKS: Final = ("tensorflow", "tensorflow_keras", "keras", "torch", "jax", "sklearn")
"""`tensorflow_keras` is the Keras inside TensorFlow (`from tensorflow import keras`): an import of tensorflow, not of keras."""
_TF: Final = frozenset({"tensorflow"})
_TF_KERAS: Final = frozenset({"tensorflow", "tensorflow_keras"})


@dataclass(frozen=True)
class Code:
    """
    Lines of a code cell.

    `hard` names what a pattern for lines cannot settle; `magic` says that only a notebook can run it.
    """

    text: str
    imports: frozenset[str] = frozenset()
    hard: str = ""
    magic: bool = False


_SPELLINGS: Final[dict[str, tuple[tuple[str, frozenset[str]], ...]]] = {
    "tensorflow": (
        ("import tensorflow as tf", _TF),
        ("import tensorflow as tf", _TF),
        ("import tensorflow", _TF),
        ("from tensorflow import keras", _TF_KERAS),
        ("import tensorflow.keras as k", _TF_KERAS),
        ("from tensorflow.keras.layers import Dense, Dropout", _TF_KERAS),
        ("from tensorflow.keras.models import (\n    Model,\n    Sequential,\n)", _TF_KERAS),
        ("from tensorflow.python.client import device_lib", _TF),
        ("import tensorflow.compat.v1 as tf", _TF),
        ("import numpy as np, tensorflow as tf", _TF),
        ("from  tensorflow  import  data", _TF),
    ),
    "keras": (
        ("import keras", frozenset({"keras"})),
        ("from keras.models import Sequential", frozenset({"keras"})),
        ("from keras import layers, backend as K", frozenset({"keras"})),
        ("import keras.backend as K", frozenset({"keras"})),
        ("import os, keras", frozenset({"keras"})),
    ),
    "torch": (
        *[("import torch", frozenset({"torch"}))] * 5,
        *[("import torch.nn.functional as F", frozenset({"torch"}))] * 3,
        ("import torch.nn as nn", frozenset({"torch"})),
        ("from torch.utils.data import DataLoader, Dataset", frozenset({"torch"})),
        ("from torch import nn, optim", frozenset({"torch"})),
        ("import torch, torchvision", frozenset({"torch"})),
        ("import\ttorch", frozenset({"torch"})),
        ("import numpy as np, \\\n    torch", frozenset({"torch"})),
    ),
    "jax": (
        ("import jax", frozenset({"jax"})),
        ("import jax.numpy as jnp", frozenset({"jax"})),
        ("from jax import grad, jit, vmap", frozenset({"jax"})),
    ),
    "sklearn": (
        ("from sklearn.model_selection import train_test_split", frozenset({"sklearn"})),
        ("from sklearn.metrics import f1_score, log_loss", frozenset({"sklearn"})),
        ("import sklearn", frozenset({"sklearn"})),
        ("from sklearn import metrics", frozenset({"sklearn"})),
    ),
}
_AROUND: Final = (
    ("{}", "", False, 860),
    ("try:\n    {}\nexcept ImportError:\n    pass", "", False, 60),
    ("if True:\n\t{}", "", False, 20),
    ("def prepare():\n    {}\n    return 0", "", False, 30),
    ("seed = 1; {}", "semicolon", False, 6),
    ("try: {}\nexcept ImportError: pass", "one-line", False, 4),
    ("import math, \\\n    random\n{}", "", False, 15),
    ("%time {}", "magic", True, 5),
)
"""
What may stand around a statement, what is hard about it, whether only a notebook runs it, and its share in a thousand.

A statement of several lines stands alone.
"""
TRAPS: Final = tuple(
    Code(text)
    for text in (
        "# import torch",
        "#import tensorflow as tf",
        "    # from keras.models import Sequential",
        "limit = 10  # import jax",
        'hint = "import torch"',
        "print('from keras import layers')",
        "import torchvision",
        "from torchvision import transforms",
        "import torchaudio",
        "import pytorch_lightning as pl",
        "import tensorflow_hub as hub",
        "import tensorflow_datasets as tfds",
        "import keras_tuner as kt",
        "from keras_preprocessing.image import img_to_array",
        "from torchmetrics import Accuracy",
        "import jaxlib",
        "from scikit_helper import sklearn",
        "from my_models import keras",
        "import my_models.torch as nets",
        "importtorch = 1",
        ">>> import jax",
    )
)
HARD_TRAPS: Final = (
    Code('"""\nUse it so:\n\nimport torch\nmodel = torch.nn.Linear(1, 1)\n"""', hard="docstring"),
    Code("usage = '''\nfrom keras.models import Sequential\nimport tensorflow as tf\n'''", hard="docstring"),
    Code("%%writefile train.py\nimport torch\nimport numpy as np\n", hard="writefile", magic=True),
)
MAGIC_TRAPS: Final = (
    Code("!pip install -q torch tensorflow", magic=True),
    Code('!python -c "import torch; print(torch.__version__)"', magic=True),
    Code("%%bash\npython -c 'import jax'", magic=True),
)
MARKDOWN_TRAPS: Final = (
    "## Setting up\n\n```python\nimport torch\nimport tensorflow as tf\n```",
    "First we\nimport keras\nand then we train.",
    "    from jax import grad\n",
    "Everything is from sklearn.",
)
OUTPUT_TRAPS: Final = (
    "import tensorflow as tf\nfrom keras.models import Sequential\n",
    "model.py:\nimport torch\nimport jax.numpy as jnp\n",
    "Using TensorFlow backend.\n",
    "      1 import os\n----> 2 import torch\n",
)


def wanted(draws: Draws, month: int, months: int) -> list[str]:
    """The frameworks a new notebook is about. TensorFlow and Keras get fewer by the month, PyTorch and JAX more."""
    shares = {
        "tensorflow": (300, 140), "keras": (180, 70), "torch": (170, 330), "jax": (10, 60), "sklearn": (520, 480),
    }  # fmt: skip
    last = max(months - 1, 1)
    return [name for name, (at_first, at_last) in shares.items() if draws.chance(at_first + (at_last - at_first) * month // last)]


def spelt(draws: Draws, name: str) -> Code:
    """One way to import a framework."""
    text, imports = draws.one_of(_SPELLINGS[name])
    if "\n" in text:
        return Code(text, imports, hard="continued" if "\\" in text else "")
    around, hard, magic, _ = draws.weighted({one: one[3] for one in _AROUND})
    return Code(around.format(text), imports, hard, magic)
