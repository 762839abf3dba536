"""nnlite: a multilayer perceptron from scratch that learns a product's categories from its title."""

from nnlite.catalogue import make_catalogue
from nnlite.classifier import TitleClassifier
from nnlite.dataset import Dataset
from nnlite.evaluation import check_gradients, evaluate
from nnlite.layers import linear_bce
from nnlite.model import MLP
from nnlite.optimizers import SGD, AdaGrad, Adam
from nnlite.planning import plan
from nnlite.records import Record, read_records
from nnlite.trainer import Trainer
from nnlite.vocabulary import Vocabulary
from nnlite.xmc import read_xmc

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "Dataset", "Record", "TitleClassifier", "Trainer", "Vocabulary",
    "check_gradients", "evaluate", "linear_bce", "make_catalogue", "plan", "read_records", "read_xmc",
]
