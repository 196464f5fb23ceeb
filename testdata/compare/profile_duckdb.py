"""The profile stage as one SELECT of DuckDB.

    python testdata/compare/profile_duckdb.py LAKE
"""

import duckdb

from common import ZONE, Clock, files

db = duckdb.connect()
db.execute(f"SET TimeZone = '{ZONE}'")
clock = Clock()
rows, wh, floor = db.execute(
    """
    WITH hour AS (
        SELECT site_id, wh, wh / 1000.0 AS kw, date_trunc('month', ts) AS month, hour(ts) AS h, isodow(ts) >= 6 AS weekend, ts
        FROM read_parquet(?, hive_partitioning = false)
    ), moved AS (
        SELECT *, abs(kw - lag(kw) OVER (PARTITION BY site_id, month ORDER BY ts)) AS change FROM hour
    ), profile AS (
        SELECT site_id, month, sum(wh) AS wh, count(*) AS covered, avg(kw) AS mean_kw,
            quantile_cont(kw, [0.10, 0.50, 0.99]) AS quantiles, quantile_cont(change, 0.50) AS variation_kw,
            avg(kw) FILTER (h < 6) AS night_kw, avg(kw) FILTER (h >= 9 AND h < 18 AND NOT weekend) AS day_kw,
            avg(kw) FILTER (weekend) AS weekend_kw
        FROM moved GROUP BY ALL
    )
    SELECT count(*), sum(wh), sum(quantiles[1]), max(median_of), max(night_kw), max(day_kw), max(weekend_kw), max(variation_kw), max(covered)
    FROM (SELECT *, quantiles[2] + quantiles[3] AS median_of FROM profile)
    """,
    [files()],
).fetchone()[:3]
clock.stop("DuckDB", rows, wh, floor)
