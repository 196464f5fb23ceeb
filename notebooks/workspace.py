"""What the notebooks share: the tables of a workspace, the program's own answers, and one look for pictures.

A workspace's lake and runs are Parquet. `tables()` gives each table a view in DuckDB under the name by
which `minewatch datasets` describes it, so a notebook says `FROM readings` and never a path.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import matplotlib.pyplot as plt
import pandas as pd

REPOSITORY = Path(__file__).resolve().parent.parent
DEMO = Path(os.environ.get("MINEWATCH_WORKSPACE") or REPOSITORY / "demo")

INK, GREY, FAINT = "#243b53", "#829ab1", "#d9e2ec"
MINING, CLEAN, REGISTERED = "#c2410c", "#2f6f9f", "#3f7d4e"

# Columns that name or locate a person or a firm. A site's id is enough to talk about its load.
PERSONAL = {"name", "bin", "address", "lat", "lon", "registry_bin", "host_bin", "bank_details"}


def tables(workspace=DEMO, run="latest", names=False):
    """Return a DuckDB connection with one view for each table of the lake and of a run.

    Names, addresses and positions are left out and BINs replaced by a short hash unless names is true.
    That keeps them off the screen; it protects nothing from somebody who holds the files.
    """
    db = duckdb.connect()
    db.sql("SET TimeZone = 'Asia/Almaty'")
    db.sql("CREATE MACRO quarter_name(q) AS (q // 4)::VARCHAR || 'Q' || (q % 4 + 1)")
    db.sql("CREATE MACRO month_start(m) AS make_date((m // 12)::INT, (m % 12 + 1)::INT, 1)")
    lake = workspace / "lake"
    if not lake.is_dir():
        raise FileNotFoundError(f"{workspace}: no workspace here; make one with: go run ./cmd/minewatch demo")
    for folder in sorted(lake.iterdir()):
        if folder.is_dir() and folder.name[0] not in "._":
            _view(db, folder.name, f"{folder}/**/rows-*.parquet", names)
    for file in sorted((workspace / "runs" / run).glob("*.parquet")):
        _view(db, file.stem, str(file), names)
    return db


def _view(db, name, pattern, names):
    if not any(Path("/").glob(pattern.lstrip("/"))):
        return  # a table without rows has no file
    source = f"read_parquet('{pattern}', hive_partitioning = false)"
    columns = [row[0] for row in db.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    shown = []
    for column in columns:
        if names or column not in PERSONAL:
            shown.append(f'"{column}"')
        elif column.endswith("bin"):
            shown.append(f"CASE WHEN {column} <> '' THEN 'holder ' || md5({column})[:6] ELSE '' END AS {column}")
    db.sql(f'CREATE VIEW "{name}" AS SELECT {", ".join(shown)} FROM {source}')


def minewatch(*arguments):
    """Run a command of the program and return what it printed.

    The program is $MINEWATCH, else the one on the PATH, else built from this repository.
    """
    program = os.environ.get("MINEWATCH") or shutil.which("minewatch")
    command = [program] if program else ["go", "run", "./cmd/minewatch"]
    result = subprocess.run(
        [*command, *map(str, arguments), "--quiet"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"minewatch {arguments[0]}: {result.stderr.strip()}")
    return result.stdout


def answer(*arguments):
    """Run a command of the program with --json and return the answer."""
    return json.loads(minewatch(*arguments, "--json"))


def truth(workspace=DEMO):
    """Return the demo's known outcomes by site: what was added to which real meter."""
    return pd.read_csv(workspace / "truth.csv").set_index("site_id")


def look():
    """Set the style of all pictures."""
    plt.rcParams.update(
        {
            "figure.figsize": (9, 3.6),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": GREY,
            "axes.titlesize": 11.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": FAINT,
            "grid.linewidth": 0.7,
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.frameon": False,
            "date.converter": "concise",
        }
    )
    pd.set_option("display.max_colwidth", 90)
    pd.set_option("display.float_format", lambda v: f"{v:,.2f}")
