//! The functions that scripts which compute use, each only where it is used.

use std::collections::BTreeSet;

use crate::shell::Host;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Helper {
    Fail,
    Whole,
    Add,
    Subtract,
    Multiply,
    Divisor,
    Divide,
    Rest,
    Milliseconds,
    Duration,
}

impl Helper {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Whole => "whole",
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divisor => "divisor",
            Self::Divide => "divide",
            Self::Rest => "rest",
            Self::Milliseconds => "milliseconds",
            Self::Duration => "duration",
        }
    }

    const fn needs(self) -> &'static [Self] {
        match self {
            Self::Fail => &[],
            Self::Whole | Self::Add | Self::Subtract | Self::Multiply | Self::Divisor | Self::Duration => &[Self::Fail],
            Self::Divide | Self::Rest => &[Self::Fail, Self::Divisor],
            Self::Milliseconds => &[Self::Fail, Self::Multiply],
        }
    }

    const fn text(self) -> &'static str {
        match self {
            // Among what others print, an error would be taken for a value.
            Self::Fail => "",
            Self::Whole => {
                r#"whole() {
  case ${1#-} in '' | *[!0-9]* | 0?*) fail "a whole number is expected" ;; esac
  [ "$1" -le 9223372036854775807 ] 2> /dev/null || fail "a number does not fit 64 bits"
}"#
            }
            Self::Add => {
                r#"add() {
  sum=$(($1 + $2))
  # Of two numbers of one sign, the sum has that sign.
  [ $(($1 < 0)) -ne $(($2 < 0)) ] || [ $((sum < 0)) -eq $(($1 < 0)) ] || fail "$1 + $2 does not fit 64 bits"
  echo "$sum"
}"#
            }
            Self::Subtract => {
                r#"subtract() {
  sum=$(($1 - $2))
  # Of two numbers of different signs, the difference has that of the first.
  [ $(($1 < 0)) -eq $(($2 < 0)) ] || [ $((sum < 0)) -eq $(($1 < 0)) ] || fail "$1 - $2 does not fit 64 bits"
  echo "$sum"
}"#
            }
            Self::Multiply => {
                r#"multiply() {
  sum=$(($1 * $2))
  # Nothing is divided by -1, since the smallest number cannot be.
  if [ "$2" -eq -1 ]; then set -- "$2" "$1"; fi
  [ "$2" -eq 0 ] || [ $((sum / $2)) -eq "$1" ] || fail "$1 * $2 does not fit 64 bits"
  echo "$sum"
}"#
            }
            Self::Divisor => {
                r#"divisor() {
  [ "$2" -ne 0 ] || fail "$1 is divided by zero"
  [ "$2" -ne -1 ] || [ "$1" -ne $((-9223372036854775807 - 1)) ] || fail "$1 / -1 does not fit 64 bits"
}"#
            }
            Self::Divide => {
                r#"divide() {
  divisor "$1" "$2"
  echo $(($1 / $2))
}"#
            }
            Self::Rest => {
                r#"rest() {
  divisor "$1" "$2"
  echo $(($1 % $2))
}"#
            }
            Self::Milliseconds => {
                r#"milliseconds() {
  case $1 in
    *ms) set -- "${1%ms}" 1 ;;
    *s) set -- "${1%s}" 1000 ;;
    *min) set -- "${1%min}" 60000 ;;
    *h) set -- "${1%h}" 3600000 ;;
    *d) set -- "${1%d}" 86400000 ;;
  esac
  case $1 in '' | *[!0-9]* | 0?*) fail "a duration is expected, such as 90s" ;; esac
  multiply "$1" "$2"
}"#
            }
            Self::Duration => {
                r#"duration() {
  [ "$1" -ge 0 ] || fail "the duration is negative"
  if [ $(($1 % 1000)) -eq 0 ]; then echo "$(($1 / 1000))s"; else echo "$1ms"; fi
}"#
            }
        }
    }
}

/// The functions, each after those that it calls.
pub(super) fn functions(host: Host, used: &BTreeSet<Helper>) -> Vec<String> {
    let mut all = used.clone();
    for helper in used {
        all.extend(helper.needs());
    }
    let text = |helper: &Helper| match helper {
        Helper::Fail => format!("fail() {{ echo \"{}$1\" >&2; exit 1; }}", host.error),
        helper => helper.text().to_owned(),
    };
    all.iter().map(text).filter(|it| !it.is_empty()).collect()
}
