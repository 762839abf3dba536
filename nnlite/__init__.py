"""nnlite: a multilayer perceptron from scratch that learns a product's categories from its title."""

from nnlite.classifier.audit import audit
from nnlite.classifier.splitting import holdout_split
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.catalogue import make_catalogue
from nnlite.data.chunks import write_chunks
from nnlite.data.dataset import Dataset
from nnlite.data.files.report import FileReport
from nnlite.data.records import Record, inspect_file, read_records
from nnlite.data.vocabulary import Vocabulary
from nnlite.data.xmc import read_xmc
from nnlite.mlp import MLP
from nnlite.network.optimizers import SGD, AdaGrad, Adam
from nnlite.precision.linear_bce import linear_bce
from nnlite.scores.evaluation import evaluate
from nnlite.training.gradients import check_gradients
from nnlite.training.choosing import plan
from nnlite.training.trainer import Trainer
from nnlite.version import VERSION

__version__ = VERSION

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "Dataset", "FileReport", "Record", "TitleClassifier", "Trainer", "Vocabulary",
    "audit", "check_gradients", "evaluate", "holdout_split", "inspect_file", "linear_bce", "make_catalogue", "plan",
    "read_records", "read_xmc", "write_chunks",
]
