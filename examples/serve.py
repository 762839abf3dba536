"""A web service that predicts categories, with two processes:

    python -m pip install -e ".[serve]"
    NNLITE_MODEL=shop uvicorn --app-dir examples --workers 2 serve:app
    curl -H "Content-Type: application/json" -d '{"titles": ["Blue cotton dress"]}' http://localhost:8000/predict

Each process loads the model once; large arrays are mapped, and all processes share them. A request is answered on a
thread of its own (FastAPI runs a `def` in a pool of threads), so a prediction takes one thread, not all cores. A proxy
in front limits the size of a request. README.md beside this file says how the model is replaced.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

import nnlite

MOST_TITLES, MOST_CHARACTERS = 1_000, 2_000  # of a request, of a title


class Question(BaseModel):
    titles: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(max_length=MOST_TITLES)


class Category(BaseModel):
    name: str
    probability: float


class Answer(BaseModel):
    categories: list[list[Category]]  # of each title, likeliest first; none where no word of it is known
    unknown_share: float | None  # of the words of these titles, to be watched: see TitleClassifier.unknown_share


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.classifier = nnlite.TitleClassifier.load(os.environ["NNLITE_MODEL"], threads=1)
    yield


app = FastAPI(title="nnlite", lifespan=lifespan)


@app.exception_handler(RequestValidationError)
def refused(request: Request, error: RequestValidationError) -> JSONResponse:
    """Where the fault is and what was wanted, without the input, which may be large or no valid text."""
    return JSONResponse({"detail": [{"loc": one["loc"], "msg": one["msg"]} for one in error.errors()]}, 422)


@app.post("/predict")
def predict(question: Question, request: Request) -> Answer:
    classifier = request.app.state.classifier
    found = classifier.predict_above(question.titles)
    categories = [[Category(name=name, probability=p) for name, p in pairs] for pairs in found]
    return Answer(categories=categories, unknown_share=classifier.unknown_share(question.titles))
