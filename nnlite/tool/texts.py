"""What `nnlite --help` and `nnlite COMMAND --help` say of the whole and of each command."""

ABOUT = """Learns which categories a product belongs to from its title.

  nnlite look products.csv                             show how a file is read, and why
  nnlite plan products.jsonl.gz                        estimate words, steps, seconds and memory of a training
  nnlite train products.jsonl.gz --model shop          learn, and save a model in the folder shop
  nnlite evaluate shop others.jsonl.gz                 score it on products that it was not trained on
  nnlite predict shop "Blue cotton dress"              print the categories of a title
  nnlite predict shop --data new.csv --out out.csv     add the categories to each row of a file
  nnlite explain shop "Blue cotton dress"              show the effect of each word
  nnlite page shop --out shop.html                     write an HTML file that predicts in a browser, offline
  nnlite shrink shop --out small --mb 10               make a smaller model
  nnlite propose products.csv --out mapping.tsv        propose which raw categories to merge or drop, for you to edit
  nnlite audit products.csv --out suspects.csv         find wrong and missing categories
  nnlite doctor                                        measure this machine and find what slows it down

Product files are .csv, .tsv, .jsonl, .json, .xml, .txt (fastText), .xlsx or .parquet, plain or .gz, .bz2, .xz, or - for
standard input. Each product has a title and categories. Most exports of shops are read as they are.
"""
CODES = """
exit codes: 0 success; 2 an error, reported in one line on standard error; 130 interrupted by Ctrl-C or SIGTERM
(`train` saves what it has learnt by then). It is not an error if the reader of the output stops early, as `head` does.
"""
TRAIN = """Learns from product files and saves a model. Lines without a usable product are skipped, counted and shown.

  nnlite train products.jsonl.gz --model shop --report page.html
  nnlite train products.jsonl.gz --model shop --refit                           the model to keep
  nnlite train products.csv --model shop --title Name --categories Type --categories "Tags, main"
  nnlite train 2022.csv 2023.csv --model shop --validation recent.csv --epochs 10
  nnlite train products.csv --model shop --min-count 1 --label-min-count 3      a small catalogue
  nnlite train products.csv --model shop --mapping mapping.tsv --major 20       one of 20 categories for each product
  nnlite train new.jsonl --from shop --model shop                               new products, also of new categories

A tenth of the products is not trained on. They score the model after each epoch, choose the threshold of `predict`, and
tell how it does on new products; products whose titles differ only in numbers, sizes or the order of words stay
together. --refit then trains on all products, with the same threshold. --holdout 0 does that at once, without a score.

--from keeps what a model has learnt, and its settings; new words and categories join, if frequent enough.

--minutes and --memory choose epochs, batches and chunks as `plan` does, and say which.

Ctrl-C or SIGTERM ends the training after the current step and saves what is learnt; a second one saves nothing. A model
that is already in the folder is replaced when the new one is complete. The folders and the report are places of their
own: none in another, and no link or device. Settings that are not given are those of the recipe.
The recipe `deck` is a textbook recipe that hardly learns, kept for comparison.
"""
LOOK = """Shows how a file is read and why: format, columns, how cells of categories are written, ten records, what
looks wrong, and the option that would change it.

  nnlite look products.csv
  nnlite look products.csv --categories Type,Tags --separator ,
"""
PLAN = """Estimates what `train` will take on this machine, without --report: records, words, steps, seconds, memory. It
reads a sample of at most 100,000 products and tries each phase of the training for a moment, ten seconds in all. The
exit code is 2 if the training does not fit into memory.

  nnlite plan products.jsonl.gz
  nnlite plan 2022.csv 2023.csv --epochs 10 --hidden 400 --json
  nnlite plan products.jsonl.gz --minutes 5 --memory 2GiB

The time is a range in which 9 of 10 trainings end, if the machine is as busy then as during the plan. With --minutes
or --memory the plan names the settings that fit, and the command to type. Chunks on disk are chosen first, as they cost
no accuracy, then smaller ones; then batches of half the rows; then as many epochs, up to the recipe's (or --epochs), as
end in time. Hidden units, words and categories are never changed.
"""
PROPOSE = """Proposes a mapping of raw categories, a file for you to edit. Each line is a raw category, a tab, and the
category that it becomes, or nothing to drop it. A second tab and the reason may follow. Different spellings are merged,
phrases and sentences are dropped, and a rare category becomes a frequent one that nearly all its products also have.
The command prints what is kept, merged and lost.

  nnlite propose products.jsonl.gz --out mapping.tsv
  nnlite train products.jsonl.gz --model shop --mapping mapping.tsv
"""
EVALUATE = """Scores a model on products that it was not trained on. Those whose titles were in its training are counted
and left out; if all were, the scores tell how well the model remembers them, which is said.

  nnlite evaluate shop test.jsonl.gz
  nnlite evaluate shop test.jsonl.gz --json | jq '."P@1"'

P@k       the fraction of the k likeliest categories that is true
R@k       the fraction of the true categories that is among the k likeliest
nDCG@k    as P@k, but first places count more
PSP@k     as P@k, but rare categories count more
coverage  the fraction of all true categories that is found for at least one product
F1        of the categories above the model's threshold; `predict` also names the likeliest where none is above it
BCE       binary cross-entropy, the loss
"""
PREDICT = """Names the categories of titles: those with a probability above the model's threshold, else the likeliest.

  nnlite predict shop "Blue cotton dress" "Stainless steel pan, 24 cm"
  nnlite predict shop < titles.txt > categories.tsv
  nnlite predict shop --data new.csv --out predicted.csv
  tail -f titles.txt | nnlite predict shop --top 3 --json

Writes a line for each title as soon as it is read: the title and its categories with their probabilities, separated by
tabs, or a JSON object. A title without a word that the model knows gets no category. Put -- before a title that begins
with -. Titles and categories that begin with = + - @ or " are preceded by an apostrophe, because a spreadsheet would
take them for formulas or quotes; --raw and --json leave it out. Control characters are spelt out, as \\u001b.

With --data the rows of a product file are written with all their columns and two more, predicted_categories and
predicted_probabilities: a table as a table of the same delimiter, or as .jsonl, objects as .jsonl. The model's training
says which column is the title, unless --title does. Rows without a title have no categories.
"""
EXPLAIN = """Shows the effect of each word of a title on each of its likeliest categories: how much higher the
probability, and its logit, are with the word than without it. Above 0 the word is evidence for the category.

  nnlite explain shop "Blue cotton dress"
  nnlite explain shop "Blue cotton dress" --top 1 --json
"""
DOCTOR = "Measures what this machine can do, and finds settings that slow it down."
