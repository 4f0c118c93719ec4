"""
An independent checker of composed editions: what a post states is computed anew from the publishers' raw files.

Nothing of `bot` is imported here (a test sees to it): own reading, own arithmetic, own noise rules, written from the documentation.

    python -m tests.independent FOLDER...            checks editions; a table, and exit code 1 if anything is false
    python -m tests.independent.raw FILE.csv         writes the raw data as observations for --data
    python -m tests.independent.faults REPORT OUT    spoils them in ten ways and judges what a thread then says
"""
