"""Claim: the program that wrote a file is known by a few columns alone, however they are spelt, and no fewer."""

import pytest

from nnlite.data.files.programs import HINTS, PROGRAMS, TITLE_HINTS, column_rule, plain, program_of, without_language

HEADERS = [(program, header) for program in PROGRAMS for header in program.header]


@pytest.mark.parametrize("program, header", HEADERS)
def test_its_columns_alone_are_enough(program, header):
    for names in [*header], [f" {name.upper()} " for name in header], [*header, "title", "price"]:
        assert program_of(names) is program


@pytest.mark.parametrize("program, header", [(program, header) for program, header in HEADERS if len(header) > 1])
def test_all_of_them_are_needed(program, header):
    for name in header:
        assert program_of([*header - {name}, "title", "category"]) is not program


@pytest.mark.parametrize("name, want", [
    ("Product Name", "productname"), ("_Category_", "category"), ("Größe (cm)", "größecm"), ("g:title", "gtitle")])
def test_names_are_compared_without_case_spaces_and_punctuation(name, want):
    assert plain(name) == want


@pytest.mark.parametrize("name, want", [
    ("name-en_US", "name"), ("name(en-gb)", "name"), ("Title [de]", "Title"), ("name-de_DE-ecommerce", "name"),
    ("name", "name"), ("kitchen", "kitchen"), (" titel.fr ", "titel"), ("a" * 50 + "-en", "a" * 50)])
def test_the_language_of_a_column_is_left_out(name, want):
    assert without_language(name) == want


@pytest.mark.parametrize("header, values, lists, levels", [
    ("Categories (x,y,z...)", [], ",", ""), ("Tags", ["a, b"], ",", ""),
    ("categories", ["Default Category/Men"], ",", "/"),
    ("google_product_category", [], "", "")])
def test_the_rule_of_a_column_that_tells_it_itself(header, values, lists, levels):
    rule = column_rule(None, header, values)
    assert rule and (rule.lists, rule.levels) == (lists, levels)


def test_the_rule_of_other_columns_is_that_of_their_program():
    shopify = next(program for program in PROGRAMS if program.name == "Shopify")
    magento = next(program for program in PROGRAMS if program.name == "Magento")
    assert column_rule(shopify, "Product Category", []).whole == ","
    assert column_rule(magento, "categories", []) is magento.rule
    assert column_rule(magento, "Product Category", []) is magento.rule
    assert column_rule(None, "categories", ["Default/Men"]) is None is column_rule(shopify, "type", [])


@pytest.mark.parametrize("name", ["titel", "produktname", "nombre", "назва", "商品名", "bezeichnung"])
def test_titles_in_other_words(name):
    assert TITLE_HINTS.fullmatch(name) and not HINTS.fullmatch(name)
