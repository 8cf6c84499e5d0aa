//! Stamped projects and written profiles as dbt itself takes them, on DuckDB and on a PostgreSQL
//! that is started here.
//!
//! Runs when `STORYLINE_DBT` names dbt's program, and `STORYLINE_POSTGRES` the folder with those of
//! PostgreSQL; continuous integration (`CI` is set) must have both.
#![cfg(unix)]

mod common;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Place;
use tempfile::TempDir;

const PASSWORD: &str = "correct-horse";
const VARIABLE: &str = "DBT_ENV_SECRET_DEV1_PASSWORD";

/// A small project. Its schemas are the target's, followed by those of folders.
const PROJECT: [(&str, &str); 5] = [
    (
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: sandbox\nmodels:\n  shop:\n    +schema: marts\nseeds: {shop: {+schema: raw}}\nvars:\n  currency: EUR\n",
    ),
    ("seeds/raw_orders.csv", "id,amount\n1,10\n2,20\n"),
    (
        "models/orders.sql",
        "select id, amount, '{{ var(\"currency\") }}' as currency\nfrom {{ source('shop', 'raw_orders') }}\n-- depends_on: {{ ref('raw_orders') }}\n",
    ),
    (
        "models/orders.yml",
        "sources:\n- name: shop\n  database: warehouse\n  schema: analytics_raw # as the seed has it\n  tables: [{name: raw_orders}]\nmodels:\n- name: orders\n  columns:\n  - name: id\n    data_tests: [unique, not_null]\n",
    ),
    (
        "storyline.toml",
        "[canonical.vars]\ncurrency = \"EUR\"\n[environment.dev1]\nschemas = { analytics = \"dev1\", analytics_raw = \"dev1_raw_dev1\", raw = \"raw_dev1\", \"*\" = \"{name}\" }\ndatabases = \"{name}_dev1\"\nprofiles = \"{name}_dev1\"\ndbt_projects = \"{name}_dev1\"\nvars = { currency = \"USD\" }\ndbt = {}\n",
    ),
];

/// What a test asks of a variable, or a line that says that it is skipped.
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn need(variable: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "{variable} is not set");
        println!("skipped: real dbt: {variable} is not set");
    }
    found
}

/// A project with this profile, to which a target for `dev1` is added, in that environment's form.
fn stamped(profiles: &str) -> Place {
    let place = Place::of(&PROJECT);
    place.write("profiles.yml", profiles);
    let before = place.stands();
    place.succeeds(&["stamp", "dev1"]);
    place.succeeds(&["unstamp", "dev1"]);
    assert_eq!(place.stands(), before);
    place.succeeds(&["profile", "dev1"]);
    place.succeeds(&["profile", "dev1", "--check"]);
    place.succeeds(&["stamp", "dev1"]);
    place
}

/// Runs dbt in the project, for the environment's target.
fn run(dbt: &Path, place: &Place, command: &str) {
    let output = Command::new(dbt)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", &place.top)
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        .env(VARIABLE, PASSWORD)
        .args([command, "--target", "dev1", "--profiles-dir", "."])
        .current_dir(&place.root)
        .output()
        .expect("dbt can be started");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "dbt {command}\n{told}");
}

#[test]
fn on_duckdb() {
    let Some(dbt) = need("STORYLINE_DBT") else {
        return;
    };
    let place = stamped(
        "sandbox:\n  target: dev\n  outputs:\n    dev: # the file is the database\n      type: duckdb\n      path: 'data/warehouse.duckdb'\n      schema: analytics\n",
    );
    fs::create_dir(place.root.join("data")).expect("a new folder");
    run(&dbt, &place, "debug");
    run(&dbt, &place, "build");
    assert!(place.root.join("data/warehouse_dev1.duckdb").is_file());
    let query = "import duckdb; print(duckdb.connect('data/warehouse_dev1.duckdb').sql('select sum(amount), min(currency) from dev1_marts.orders').fetchall())";
    let python = dbt.with_file_name("python");
    let asked = Command::new(python)
        .args(["-c", query])
        .current_dir(&place.root)
        .output()
        .expect("dbt's Python");
    let told = String::from_utf8_lossy(&asked.stdout);
    assert!(told.contains("30") && told.contains("'USD'"), "{told}");
}

#[test]
fn on_postgresql() {
    let (Some(dbt), Some(programs)) = (need("STORYLINE_DBT"), need("STORYLINE_POSTGRES")) else {
        return;
    };
    let server = Server::start(&programs);
    let socket = server.folder.path().display();
    let place = stamped(&format!(
        "sandbox:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: {socket}\n      port: 5432\n      user: shop\n      password: {PASSWORD}-of-dev\n      dbname: \"warehouse\"\n      schema: analytics\n      threads: 2\n"
    ));
    run(&dbt, &place, "debug");
    run(&dbt, &place, "build");
    let told = server.ask("select sum(amount), min(currency) from dev1_marts.orders");
    assert_eq!(told, "30|USD\n");
}

/// A PostgreSQL of our own, which listens on a socket in its folder and is stopped at the end.
struct Server<'p> {
    programs: &'p Path,
    folder: TempDir,
}

impl<'p> Server<'p> {
    /// Starts it, with the database that the environment calls `warehouse_dev1`.
    fn start(programs: &'p Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = Self { programs, folder };
        let path = server.folder.path();
        let password = path.join("password");
        fs::write(&password, PASSWORD).expect("a file");
        for path in [path, &password] {
            // PostgreSQL refuses to run for an administrator.
            if let Some(user) = server.user() {
                chown(path, Some(user), Some(user)).expect("an administrator may");
            }
        }
        let data = path.join("data");
        let run = |program: &str, arguments: &[&OsStr]| {
            let output = server.command(program).args(arguments).output();
            let output = output.expect("PostgreSQL can be started");
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program}: {told}");
        };
        let file = format!("--pwfile={}", password.display());
        run(
            "initdb",
            &[
                "--pgdata".as_ref(),
                data.as_ref(),
                "--username=shop".as_ref(),
                "--auth=scram-sha-256".as_ref(),
                file.as_ref(),
                "--no-sync".as_ref(),
                "--encoding=UTF8".as_ref(),
                "--locale=C".as_ref(),
            ],
        );
        let options = format!("-k {} -c listen_addresses= -c fsync=off", path.display());
        // Waits until connections are taken, two minutes at most; its output goes to the log, since
        // the server keeps it open.
        let started = server
            .command("pg_ctl")
            .args(["start", "--wait", "--timeout=120", "--silent", "--pgdata"])
            .arg(&data)
            .arg("--log")
            .arg(path.join("log"))
            .args(["--options", &options])
            .status();
        assert!(started.is_ok_and(|status| status.success()));
        run(
            "createdb",
            &[
                "--host".as_ref(),
                path.as_ref(),
                "--username=shop".as_ref(),
                "warehouse_dev1".as_ref(),
            ],
        );
        server
    }

    /// Whom to run it for, if not for ourselves.
    fn user(&self) -> Option<u32> {
        const NOBODY: u32 = 65534;
        let ours = fs::metadata("/proc/self").map_or(NOBODY, |metadata| metadata.uid());
        (ours == 0).then_some(NOBODY)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env_clear().env("PGPASSWORD", PASSWORD);
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.folder.path());
        if let Some(user) = self.user() {
            command.uid(user).gid(user);
        }
        command
    }

    /// What a query gives, as lines of columns.
    fn ask(&self, query: &str) -> String {
        let mut psql = self.command("psql");
        psql.arg("--host").arg(self.folder.path());
        psql.args([
            "--username=shop",
            "--no-align",
            "--tuples-only",
            "--command",
            query,
        ]);
        let output = psql
            .arg("warehouse_dev1")
            .output()
            .expect("psql can be started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"]);
        // Its folder goes next; there is nothing else to do about a failure.
        let _ = stop.arg(self.folder.path().join("data")).status();
    }
}
