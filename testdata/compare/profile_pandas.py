"""The profile stage in pandas, and scikit-learn's isolation forest over its rows.

    python testdata/compare/profile_pandas.py LAKE
"""

import pandas as pd
from sklearn.ensemble import IsolationForest

from common import ZONE, Clock, files

clock = Clock()
df = pd.concat([pd.read_parquet(f, columns=["site_id", "ts", "wh"]) for f in files()], ignore_index=True)
df["kw"] = df["wh"] / 1000.0
local = df["ts"].dt.tz_convert(ZONE)
df["month"] = (local.dt.year * 12 + local.dt.month - 1).astype("int32")
hour, weekend = local.dt.hour, local.dt.day_of_week >= 5
df["night_kw"] = df["kw"].where(hour < 6)
df["day_kw"] = df["kw"].where((hour >= 9) & (hour < 18) & ~weekend)
df["weekend_kw"] = df["kw"].where(weekend)
df["change"] = df.groupby(["site_id", "month"], observed=True)["kw"].diff().abs()
groups = df.groupby(["site_id", "month"], observed=True)
out = groups.agg(
    wh=("wh", "sum"), covered=("kw", "count"), mean_kw=("kw", "mean"), median_kw=("kw", "median"),
    variation_kw=("change", "median"), night_kw=("night_kw", "mean"), day_kw=("day_kw", "mean"), weekend_kw=("weekend_kw", "mean"),
)
out["floor_kw"] = groups["kw"].quantile(0.10)
out["peak_kw"] = groups["kw"].quantile(0.99)
clock.stop("pandas", len(out), out["wh"].sum(), out["floor_kw"].sum())

shape = pd.DataFrame({
    "floor": out["floor_kw"] / out["mean_kw"], "night": out["night_kw"] / out["day_kw"],
    "variation": out["variation_kw"] / out["mean_kw"], "weekend": out["weekend_kw"] / out["mean_kw"],
}).groupby(level="site_id").mean().fillna(0)
IsolationForest(random_state=1).fit(shape).score_samples(shape)
clock.stop("pandas and scikit-learn", len(out), out["wh"].sum(), out["floor_kw"].sum())
