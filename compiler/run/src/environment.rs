//! The environment of a script: an allow-list of what is set outside, then what the plan says.
//!
//! What a job can see of the machine is what its result may depend on, so it is little, and it is
//! listed here: what programs need to start, to speak the user's language, to reach the network, and
//! to be found with their installations. Everything else has to be written in the program.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Handed on from outside if set there.
const ALLOWED: &[&str] = &[
    // Who and where.
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    // The network.
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    // Where toolchains are installed and keep what they fetched. Not what they shall do: RUSTFLAGS,
    // RUSTUP_TOOLCHAIN, NODE_OPTIONS and their like change results.
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "GOMODCACHE",
    "JAVA_HOME",
    "GRADLE_USER_HOME",
    "ANDROID_HOME",
    "DOTNET_ROOT",
    "NVM_DIR",
    "VOLTA_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "DEVELOPER_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    // Without these, hardly a program starts on Windows.
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
    "USERNAME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "CommonProgramFiles",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
];

/// The allowed variables that are set.
pub(crate) fn allowed(variables: &BTreeMap<OsString, OsString>) -> BTreeMap<OsString, OsString> {
    ALLOWED.iter().filter_map(|name| Some(((*name).into(), get(variables, name)?.to_owned()))).collect()
}

/// The value of a variable. Windows does not care for the case of its name.
pub(crate) fn get<'a>(variables: &'a BTreeMap<OsString, OsString>, name: &str) -> Option<&'a OsStr> {
    if cfg!(windows) {
        return variables.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_os_str());
    }
    variables.get(OsStr::new(name)).map(OsString::as_os_str)
}
