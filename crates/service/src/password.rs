//! Passwords from files, as container engines hand them to services.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use url::Url;

/// The password in a file, without the end of its line.
///
/// # Errors
/// When the file, which `setting` names, cannot be read or is empty: more likely a secret that did not arrive than
/// the wish to have none.
pub fn read(file: &Path, setting: &str) -> anyhow::Result<String> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read {setting}, {}", file.display()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    ensure!(
        !password.is_empty(),
        "{setting}, {}, is empty",
        file.display()
    );
    Ok(password.to_owned())
}

/// The URL with the password in the file, if there is one; the URL as it is otherwise.
///
/// # Errors
/// As [`read`], and when the URL is none that could hold a password.
pub fn in_url(url: &str, file: Option<&Path>, setting: &str) -> anyhow::Result<String> {
    let Some(file) = file else {
        return Ok(url.to_owned());
    };
    let password = read(file, setting)?;
    // What is wrong with the URL is not repeated: it may hold a password itself.
    let mut url = Url::parse(url)
        .with_context(|| format!("the URL that {setting} belongs to cannot be used"))?;
    let set = url.set_password(Some(&password));
    ensure!(
        set.is_ok(),
        "the URL that {setting} belongs to cannot hold a password"
    );
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_password_of_any_characters_fits_into_the_url() {
        let file = file("p@ss/w:rd?\n");
        let url = in_url("postgres://me@db:5433/x", Some(file.path()), "SETTING").unwrap();
        assert_eq!(url, "postgres://me:p%40ss%2Fw%3Ard%3F@db:5433/x");
        // It takes the place of one that is there.
        let url = in_url("postgres://me:old@db/x", Some(file.path()), "SETTING").unwrap();
        assert_eq!(url, "postgres://me:p%40ss%2Fw%3Ard%3F@db/x");
    }

    #[test]
    fn without_a_file_the_url_stays_as_it_is() {
        let url = "postgres://me:old@/x?host=/run";
        assert_eq!(in_url(url, None, "SETTING").unwrap(), url);
    }

    #[test]
    fn a_file_that_is_missing_or_empty_is_named_with_its_setting() {
        let empty = file("\n");
        for path in [empty.path(), Path::new("/nowhere/at/all")] {
            let error = format!("{:#}", read(path, "SETTING").unwrap_err());
            assert!(
                error.contains("SETTING") && error.contains(&*path.to_string_lossy()),
                "{error}"
            );
        }
    }

    #[test]
    fn an_error_tells_neither_password() {
        let file = file("hunter2");
        for url in ["not a url hunter1", "data:hunter1"] {
            let error = format!(
                "{:#}",
                in_url(url, Some(file.path()), "SETTING").unwrap_err()
            );
            assert!(!error.contains("hunter"), "{error}");
        }
    }
}
