"""The profile stage in PySpark, local mode on all cores. The start of the JVM does
not count.

    python testdata/compare/profile_spark.py LAKE
"""

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from common import ZONE, Clock, files

spark = (
    SparkSession.builder.master("local[*]").config("spark.sql.session.timeZone", ZONE).config("spark.driver.memory", "4g")
    .config("spark.sql.shuffle.partitions", "8").config("spark.ui.enabled", "false").getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
spark.range(10).count()  # the first job warms up
clock = Clock(spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())
hour = spark.read.parquet(*files()).select(
    "site_id", "ts", "wh", (F.col("wh") / 1000.0).alias("kw"), F.date_trunc("month", "ts").alias("month"),
    F.hour("ts").alias("h"), (F.weekday("ts") >= 5).alias("weekend"),
)
moved = hour.withColumn("change", F.abs(F.col("kw") - F.lag("kw").over(Window.partitionBy("site_id", "month").orderBy("ts"))))
profile = moved.groupBy("site_id", "month").agg(
    F.sum("wh").alias("wh"), F.count("*").alias("covered"), F.avg("kw").alias("mean_kw"),
    F.percentile("kw", F.array(F.lit(0.10), F.lit(0.50), F.lit(0.99))).alias("quantiles"),
    F.percentile("change", F.lit(0.50)).alias("variation_kw"),
    F.avg(F.when(F.col("h") < 6, F.col("kw"))).alias("night_kw"),
    F.avg(F.when((F.col("h") >= 9) & (F.col("h") < 18) & ~F.col("weekend"), F.col("kw"))).alias("day_kw"),
    F.avg(F.when(F.col("weekend"), F.col("kw"))).alias("weekend_kw"),
)
rows = profile.toPandas()
clock.stop("PySpark", len(rows), rows["wh"].sum(), rows["quantiles"].map(lambda q: q[0]).sum())
spark.stop()
