//! Environments as the daemon installs them, whose Synapse and MindRoom are small programs that answer what it
//! asks: for tests of many instances, and of instances that misbehave.

use std::path::{Path, PathBuf};
use std::process::Command;

const SYNAPSE: &str = include_str!("made_up_synapse.py");
const MINDROOM: &str = include_str!("made_up_mindroom.py");

/// `(name, version)` of what the daemon asks the package index for; the first is Synapse, the second MindRoom.
pub(super) fn packages() -> Vec<(String, String)> {
    let requirements = provisioner_daemon::drivers::local::requirements();
    let parts = requirements
        .iter()
        .map(|text| text.split_once("==").unwrap());
    parts
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

/// Writes into a folder of packages what a package of that name consists of.
pub(super) fn write_package(into: &Path, name: &str, version: &str) {
    let modules = match name {
        "matrix-synapse" => vec![
            ("synapse/__init__.py", ""),
            ("synapse/app/__init__.py", ""),
            ("synapse/app/homeserver.py", SYNAPSE),
        ],
        // Both have what MindRoom's takes from Synapse's, since each is installed alone.
        "mindroom" => vec![
            ("synapse/__init__.py", ""),
            ("synapse/app/__init__.py", ""),
            ("synapse/app/homeserver.py", SYNAPSE),
            ("mindroom.py", MINDROOM),
        ],
        _ => Vec::new(),
    };
    let about = format!("{}-{version}.dist-info", name.replace('-', "_"));
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let scripts = "[console_scripts]\nmindroom = mindroom:main\n";
    let mut files: Vec<(String, &str)> = modules
        .into_iter()
        .map(|(path, content)| (path.to_owned(), content))
        .collect();
    files.push((format!("{about}/METADATA"), &metadata));
    files.push((format!("{about}/WHEEL"), wheel));
    if name == "mindroom" {
        files.push((format!("{about}/entry_points.txt"), scripts));
    }
    let record = format!("{about}/RECORD");
    let listed: Vec<String> = files
        .iter()
        .map(|(path, _)| format!("{path},,\n"))
        .collect();
    let listed = listed.concat() + &record + ",,\n";
    files.push((record, &listed));
    for (path, content) in files {
        let path = into.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Both environments in a folder, whole.
pub(super) fn install(folder: &Path) {
    let python = python();
    for (name, version) in packages().iter().take(2) {
        let environment = folder.join(format!("{name}-{version}.made-up"));
        let made = Command::new(&python)
            .args(["-m", "venv", "--without-pip"])
            .arg(&environment)
            .status();
        assert!(made.unwrap().success());
        let inner = environment.join("bin/python");
        let question = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let answer = Command::new(&inner)
            .args(["-c", question])
            .output()
            .unwrap();
        let packages = String::from_utf8(answer.stdout).unwrap();
        write_package(Path::new(packages.trim()), name, version);
        if name == "mindroom" {
            // As in an environment that has been moved since it was made.
            let script = "#!/gone/bin/python\nfrom mindroom import main\nmain()\n";
            let program = environment.join("bin/mindroom");
            std::fs::write(&program, script).unwrap();
            run(Command::new("chmod").arg("755").arg(program));
        }
        let marker = folder.join(format!("{name}-{version}.ready"));
        std::fs::write(marker, environment.file_name().unwrap().as_encoded_bytes()).unwrap();
    }
    run(Command::new("chmod").args(["-R", "a+rX"]).arg(folder));
}

pub(super) fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// One that every user of the machine can run, if there is one.
fn python() -> PathBuf {
    let of_the_system = PathBuf::from("/usr/bin/python3");
    if of_the_system.exists() {
        return of_the_system;
    }
    "python3".into()
}
