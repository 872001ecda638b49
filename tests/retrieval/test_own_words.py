"""Own words that are a sentence of the document, and own words that only use its words."""

import pytest

from retrieval.language_guess import guess_language
from retrieval.own_words import says_no_more

LEASE = "This lease is made on 3 March 2024 between Harbour Estates Ltd as landlord and Miriam Okafor as tenant."
RENT = "The monthly rent is $1,250.00, payable in advance on the first working day."


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("The monthly rent is $1,250.00.", RENT),
        ("The monthly rent is $1,250.", RENT),
        ("The tenant is Miriam Okafor.", LEASE),
        ("Miriam Okafor is the tenant.", LEASE),
        ("The landlord is Harbour Estates Ltd.", LEASE),
        ("Cats are not allowed in the building.", "Cats are not allowed in the building."),
        ("The total is $42, due on March 3.", "The total is $42, due on March 3, as agreed."),
        ("The landlord repairs the heating.", "The landlord repairs the heating and the tenant waters the garden."),
        ("Der Jahresbeitrag beträgt 48 Euro.", "Der Jahresbeitrag beträgt 48 Euro."),
        ("Le loyer est de 900 euros.", "Le loyer est de 900 euros."),
    ],
)
def test_what_a_sentence_says(claim: str, sentence: str) -> None:
    assert says_no_more(claim, sentence, guess_language(sentence, likely="en"))


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("The tenant is Harbour Estates Ltd.", LEASE),
        ("Harbour Estates Ltd is the tenant.", LEASE),
        ("The landlord is Miriam Okafor.", LEASE),
        ("Harbour Estates Ltd.", LEASE),
        ("The lease is made on 3 May 2024.", LEASE),
        ("Yes.", RENT),
        ("Yes, the gate is locked at 22:00.", "The gate is locked at 22:00."),
        ("The monthly rent is €1,250.00.", RENT),
        ("The tenant may keep one cat.", "The tenant may keep one dog."),
        ("The tenant must keep one dog.", "The tenant may keep one dog."),
        ("The buyer pays the seller.", "The seller pays the buyer."),
        ("Mill Lane is longer than Kirk Road.", "Kirk Road is longer than Mill Lane."),
        ("The employee pays the tax.", "The employer pays the tax."),
        ("The fee is 48 euros.", "The fee is 48 euros a month."),
        ("The fee is 48 euros.", "The fee is at least 48 euros."),
        ("The deposit is returned.", "The deposit is returned only if the flat is clean."),
        ("The rent is $900.", "John claims that the rent is $900."),
        ("The temperature was 5 degrees.", "The temperature was -5 degrees."),
        ("Cats are not allowed, dogs are.", "Cats are allowed, dogs are not."),
        ("Ann Lee is the director.", "Ann Lee was the director of the school."),
        ("The flat lies 5 miles from the sea.", "The flat lies 5 km from the sea."),
        ("The seller pays.", "The seller or the buyer pays."),
        ("The landlord repairs the garden.", "The landlord repairs the heating and the tenant the garden."),
        ("Sales rose by 12%.", "Sales rose by 12."),
        ("Output was 12.", "Output was 12 tons."),
        ("Die Miete beträgt 900 Euro.", "Die Miete beträgt mindestens 900 Euro."),
        ("租金是每月5000元。", "租金是每月5000元以上。"),
        ("Ár 900 forint.", "Ár legalább 900 forint."),  # a language whose limiting words are not known
        ("The mayor opens the festival.", "The deputy mayor opens the festival."),
        ("Paul Klee is the mayor.", "Paul Klee is the deputy mayor."),
        ("The rent is $1,250.", RENT),
        ("Dogs must be kept.", "Dogs must be kept on a lead."),
        ("The rent is $900.", "John says the rent is $900."),
        ("The gate is locked at 22:00?", "The gate is locked at 22:00."),
        ("The gate is locked at 22:00 👍", "The gate is locked at 22:00."),
        ("", RENT),
    ],
)
def test_what_it_does_not_say(claim: str, sentence: str) -> None:
    assert not says_no_more(claim, sentence, guess_language(sentence, likely="en"))
