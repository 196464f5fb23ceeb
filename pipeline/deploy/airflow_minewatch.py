"""An Airflow step that runs minewatch and hands the size of the list on. For Airflow 2.7 or newer."""

import json
import subprocess
from datetime import datetime

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException

WORKSPACE = "/var/lib/minewatch/kostanay"
DONE, QUARANTINE = 0, 3


@dag(schedule="30 2 * * *", start_date=datetime(2024, 1, 1), catchup=False, max_active_runs=1)
def minewatch():
    @task(retries=2)
    def run():
        # A retry costs nothing: what is done already is not done again.
        done = subprocess.run(["minewatch", "run", "-w", WORKSPACE, "--json", "--quiet"], capture_output=True, text=True)
        if done.returncode not in (DONE, QUARANTINE):
            raise AirflowException(done.stderr)
        result = json.loads(done.stdout)
        if result["over_quarantine"]:
            print("more rows were refused than limits.quarantine_limit allows: look into", WORKSPACE + "/quarantine")
        return {"run_id": result["run_id"], "fresh": result["fresh"], "proposed": len(result["proposed"])}

    @task
    def verify(run):
        subprocess.run(["minewatch", "verify", f"{WORKSPACE}/runs/{run['run_id']}"], check=True)

    verify(run())


minewatch()
