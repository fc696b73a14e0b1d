//! Labels: what a value carries beside its type, from where it was made to wherever it goes
//! (docs/design/semantics.md 3.3).

/// What a value carries. A value that is computed from others carries what they carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// It is made of a secret: it must not be shown, stored or asked about.
    pub secret: bool,
    /// Outsiders control it: it must not become code or identity.
    pub untrusted: bool,
    /// The parameters of the body that it is made of, a bit each: what carries a label in a call carries it
    /// here. Those after the 64th share the last bit.
    pub params: u64,
}

impl Labels {
    /// Of what is made by those who own the program.
    pub const PLAIN: Self = Self { secret: false, untrusted: false, params: 0 };

    /// Of what is made of both.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self {
            secret: self.secret || other.secret,
            untrusted: self.untrusted || other.untrusted,
            params: self.params | other.params,
        }
    }

    /// The bit of the parameter at `index`.
    #[must_use]
    pub const fn param(index: usize) -> u64 {
        1 << if index < 63 { index } else { 63 }
    }
}
