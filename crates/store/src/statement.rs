//! Statements: SQL with a name and what is expected of it.

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Where it stands in the catalogue.
    pub(crate) name: &'static str,
    /// Its text, with `$1`, `$2`, … for its values.
    pub(crate) sql: &'static str,
    /// What it must do for its batch to go on.
    pub(crate) expect: Expect,
}

/// What a statement must do for its batch to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// Change (or return) exactly one row.
    One,
    /// Whatever it finds.
    Any,
}

/// Declares statements, and the list of them all for the test that prepares each. Each is a
/// static, since an outcome's rows are found by their statement's address, of which a plain
/// constant may have several.
macro_rules! statements {
    ($($name:ident expects $expect:ident: $sql:literal;)*) => {
        $(
            const $name: &$crate::statement::Statement = {
                static STATEMENT: $crate::statement::Statement = $crate::statement::Statement {
                    name: concat!(module_path!(), "::", stringify!($name)),
                    sql: $sql,
                    expect: $crate::statement::Expect::$expect,
                };
                &STATEMENT
            };
        )*

        #[cfg(test)]
        pub(crate) const ALL: &[&$crate::statement::Statement] = &[$($name),*];
    };
}

pub(crate) use statements;
