#!/usr/bin/env python3
"""Solves books of the market once by OR-tools' SimpleMinCostFlow, compares its optimum with the welfare that
`btt market clear` finds, and prints the times of both. Ours contains all payments; theirs is one allocation.

    ortools-compare.py [--btt PATH] BOOK.json...
"""

import argparse
import json
import re
import subprocess
import sys
import time

from ortools.graph.python import min_cost_flow

UNLIMITED = 1 << 40


def ask(offer, book):
    """What a seller's unit costs, as the chain has it."""
    kept = 10_000 - book.get("fee_bps", 200)
    return max(int(book.get("min_ask", "1")), -(-int(offer["reserve"]) * 10_000 // kept))


def swarm(text):
    return text.removeprefix("0x").lower().ljust(64, "0")


def best_welfare(book):
    """One arc a tier and one an offer; what is not worth its cost goes around the market for nothing."""
    names = {}
    for offer in book["offers"]:
        for name in offer["swarms"]:
            names.setdefault(swarm(name), len(names))
    first_seller = len(names)
    source = first_seller + len(book["offers"])
    sink = source + 1
    flow = min_cost_flow.SimpleMinCostFlow()
    wanted = 0
    for bid in book["bids"]:
        node = names.get(swarm(bid["swarm"]))
        if node is None:
            continue
        for price, quantity in bid["tiers"]:
            flow.add_arc_with_capacity_and_unit_cost(source, node, quantity, -int(price))
            wanted += quantity
    for number, offer in enumerate(book["offers"]):
        seller = first_seller + number
        for name in offer["swarms"]:
            flow.add_arc_with_capacity_and_unit_cost(names[swarm(name)], seller, UNLIMITED, 0)
        flow.add_arc_with_capacity_and_unit_cost(seller, sink, offer["capacity"], ask(offer, book))
    flow.add_arc_with_capacity_and_unit_cost(source, sink, wanted, 0)
    flow.set_node_supply(source, wanted)
    flow.set_node_supply(sink, -wanted)
    start = time.process_time()
    status = flow.solve()
    seconds = time.process_time() - start
    if status != flow.OPTIMAL:
        sys.exit(f"OR-tools says {status}")
    return -flow.optimal_cost(), seconds


# The least of so many runs counts; each is a process of its own.
RUNS = 5


def ours(btt, path):
    times = []
    for _ in range(RUNS):
        run = subprocess.run([btt, "market", "clear", path, "--json"], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        # Reading and writing JSON is not in it.
        took = re.search(r"cleared .* in ([\d,]+\.\d+) ms", run.stderr)
        times.append(float(took[1].replace(",", "")) / 1_000)
    result = json.loads(run.stdout)
    winners = sum(1 for bid in result["bids"] if bid["won"])
    return int(result["welfare"]), winners, min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--btt", default="target/release/btt", help="the wallet [default: %(default)s]")
    parser.add_argument("books", nargs="+", metavar="BOOK.json")
    arguments = parser.parse_args()
    for path in arguments.books:
        with open(path, encoding="utf-8") as file:
            book = json.load(file)
        welfare, winners, seconds = ours(arguments.btt, path)
        best, their_seconds = best_welfare(book)
        if welfare != best:
            sys.exit(f"{path}: our welfare is {welfare}, OR-tools finds {best}")
        print(
            f"{len(book['bids']):>9,} bids, {winners:,} winners: welfare {welfare} equal; "
            f"ours with all payments {seconds * 1000:.1f} ms, OR-tools one solve {their_seconds * 1000:.1f} ms "
            f"({their_seconds / seconds:.1f} x), once more without each winner "
            f"{their_seconds * (winners + 1):,.0f} s ({their_seconds * (winners + 1) / seconds:,.0f} x)"
        )


if __name__ == "__main__":
    main()
