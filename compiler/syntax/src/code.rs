//! The registry of diagnostic codes. A code is never reused or given another meaning; each has a
//! page `docs/errors/CODE.md`.
//!
//! Areas: 01 text and grammar, 02 names and modules, 03 types and values, 04 claims and assignment,
//! 05 artifacts, 06 jobs, steps and pipelines, 07 plans and backends.

use crate::Severity;

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal;)*) => {
        /// A kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!($id, ": ", $title)] $name,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Such as `F0101`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// What it says, in general.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// How bad its findings are unless a project says otherwise.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity),* }
            }
        }
    };
}

codes! {
    NotUtf8 = "F0100" Error "the file is not UTF-8";
    UnclosedDelimiter = "F0101" Error "a bracket is never closed";
    StrayDelimiter = "F0102" Error "a closing bracket closes nothing";
    MismatchedDelimiter = "F0103" Error "a bracket is closed by another kind of bracket";
    NestedTooDeeply = "F0104" Error "brackets are nested too deeply";
    ExpressionTooLong = "F0105" Error "an expression has too many operators in one chain";
    UnterminatedText = "F0106" Error "a text is not closed";
    UnknownCharacter = "F0107" Error "a character has no meaning here";
    BadEscape = "F0108" Error "an escape is not known";
    BadNumber = "F0109" Error "a number is not written correctly";
    BadBlockText = "F0110" Error "a block text is not written correctly";
    Expected = "F0111" Error "something else is expected here";
    ValueOnNextLine = "F0112" Error "a value must begin on the line of its `=` or `:`";
    ForeignSyntax = "F0113" Error "this is the syntax of another language";
    MergeMarker = "F0114" Error "a merge conflict is not resolved";
    LateUse = "F0115" Error "a `use` stands after other declarations";
    OptionalTwice = "F0116" Error "a type is optional twice";
    ReservedWord = "F0117" Error "a name is a reserved word";
    FileTooLarge = "F0118" Error "the file is too large";
    BracketOnNextLine = "F0119" Error "an opening bracket must stand on the line of what it belongs to";
    StrayClaim = "F0120" Error "only scripts write by `#{out …}`";
    HoleInPlainText = "F0121" Error "a text that must be plain has an interpolation";
    StrayDocumentation = "F0122" Error "documentation stands before a comma";

    UnknownName = "F0201" Error "a name is not known";
    DuplicateName = "F0202" Error "a name is declared twice";
    UnknownModule = "F0203" Error "a `use` names nothing that is there";
    Shadowing = "F0204" Error "a name hides another one";
    UnknownMember = "F0205" Error "a module has no such member";
    AmbiguousName = "F0206" Error "a word is a name in scope and a variant of the expected enum";
    Cycle = "F0207" Error "a declaration needs itself";
    PrivateName = "F0208" Error "a name is private to its file";
    WrongKind = "F0209" Error "a name stands for something else than is needed here";
    UnusedImport = "F0210" Warning "an import is never used";
    UnusedDeclaration = "F0211" Warning "a declaration is never used";
    SameButForCase = "F0212" Error "two names differ by case only";
    ImportedTwice = "F0213" Warning "a module is imported twice";

    TypeMismatch = "F0301" Error "a value has another type than is needed";
    UnknownField = "F0302" Error "a value has no such field";
    UnknownVariant = "F0303" Error "an enum has no such variant";
    MissingArgument = "F0304" Error "an argument is missing";
    UnknownArgument = "F0305" Error "a call has an argument that nothing takes";
    DuplicateArgument = "F0306" Error "an argument is given twice";
    NotCallable = "F0307" Error "something that cannot be called is called";
    UnknownType = "F0308" Error "a type is not known";
    NotConst = "F0309" Error "a value is not known while compiling";
    NotExhaustive = "F0310" Error "a `match` leaves values out";
    UnreachableArm = "F0311" Error "an arm of a `match` is never taken";
    BadOperands = "F0312" Error "an operator does not take these values";
    BadIndex = "F0313" Error "a value cannot be indexed like this";
    EvaluationFailed = "F0314" Error "a constant cannot be computed";
    NotText = "F0315" Error "a value cannot be part of a text";
    ValueUnused = "F0316" Error "a value is not used";
    NoValue = "F0317" Error "something that gives no value is used as one";
    TypeArguments = "F0318" Error "a type has the wrong arguments";
    WrongTextType = "F0319" Error "a script cannot give a value of this type";
    SecretLeak = "F0320" Error "a value that is computed from a secret would be shown";
    SecretRefused = "F0321" Error "a secret stands where it would be shown, stored or asked about";
    UntrustedRefused = "F0322" Error "text of outsiders stands where it would become code or identity";
    TooLate = "F0323" Error "a value is known after a run is planned";
    NeverMissing = "F0324" Warning "a value that is always there is treated as one that may be missing";
    NeedlessDeclassify = "F0325" Warning "something is declassified that is not secret";
    EmptyReason = "F0326" Error "a secret is declassified without a reason";

    NeverWritten = "F0401" Error "an output is never written";
    WrittenTwice = "F0402" Error "an output is written twice";
    ReadBeforeWrite = "F0403" Error "a value is read before it is written";
    UnknownPlace = "F0404" Error "a script claims something that is not an output";
    ReadNotExpanded = "F0406" Error "an interpolation stands where the shell does not expand";
    NotClaimable = "F0407" Error "a claim does not name a file, a directory or a value";
    UnusedLocal = "F0408" Warning "a value is bound and never used";
    UnusedParameter = "F0409" Warning "a parameter is never used";
    WrittenSometimes = "F0410" Error "an output is written on some paths only";
    LateSteps = "F0411" Error "a loop in a job runs over a list that is known too late";
    CleanupWrites = "F0412" Error "a `finally` or `on_failure` writes";
    OneWord = "F0417" Error "a list stands where a script takes one word";
    NotNumber = "F0418" Error "a value that is no number stands where the shell computes";

    BadPath = "F0501" Error "a path is not valid in an artifact";
    PathCollision = "F0502" Error "two fields of an artifact hold one path";
    BadFieldKind = "F0503" Error "a field of an artifact has no kind that files can have";
    MissingPath = "F0504" Error "a file output does not say its path";
    InsideOpaque = "F0505" Error "a path lies inside an opaque directory";
    ConditionalField = "F0506" Error "a field of an artifact is there for some arguments only";
    BadPattern = "F0507" Error "a pattern of files is not possible here";
    BadSchemaParameter = "F0508" Error "a parameter of an artifact cannot tell variants apart";
    EmptyArtifact = "F0509" Warning "an artifact holds nothing";
    PartOfOpaque = "F0510" Error "a part of an opaque directory is taken that nobody has promised";
    OverlappingTakes = "F0511" Error "a directory is taken around something else that is taken";
    OverSources = "F0512" Error "an output directory holds sources that its job depends on";
    BadMerge = "F0513" Error "directories cannot be merged like this";
    BadJsonType = "F0514" Error "a JSON file cannot hold values of this type";

    UnknownSetting = "F0601" Error "a setting is not known";
    LateSetting = "F0602" Error "a setting stands after a statement";
    NotAllowedHere = "F0603" Error "a statement has no meaning here";
    DuplicateSetting = "F0604" Error "a setting is given twice";
    BadSetting = "F0605" Error "a setting has no such value";
    UnknownTrigger = "F0606" Error "a trigger is not known";
    DuplicateInstance = "F0607" Error "two calls make job instances of one name";
    NoRunner = "F0608" Error "a job does not say where it runs";
    BadTitle = "F0609" Error "a name cannot be used for an artifact or a title";
    NoTrigger = "F0610" Error "nothing starts a pipeline";
    RawOwned = "F0611" Error "a key of `raw` belongs to the compiler";
    ReservedVariable = "F0612" Error "a variable belongs to the platform";
    BadCleanup = "F0613" Error "a `finally` or `on_failure` does not stand at the end of its body";
    SeveralSteps = "F0614" Error "a setting needs a step of one script";
    RoundedDuration = "F0615" Warning "a duration is rounded up";
    NoEffect = "F0616" Warning "something has no effect";

    OutMismatch = "F0620" Error "an argument and its parameter disagree on `out`";
    BadOnce = "F0621" Error "a `once` action asks for what cannot be";
    OnceConflict = "F0622" Error "two calls of a `once` action disagree";
    BadReference = "F0623" Error "a reference to something foreign is not written correctly";
    BadPort = "F0624" Error "an input or output of a foreign binding is not possible";

    BackendExcluded = "F0626" Error "a pipeline asserts a backend that one of its steps excludes";
    NoBackend = "F0627" Error "no backend can carry out a pipeline";
    PermissionMissing = "F0628" Error "a step needs a permission that its job does not have";
    PermissionUnneeded = "F0629" Warning "a job has a permission that nothing needs";
    Impure = "F0630" Error "a reusable job depends on more than its inputs";
    ReadsHistory = "F0631" Warning "a reusable job reads the history";
    UnusedOutput = "F0632" Warning "an output is never read";
    NoCalls = "F0640" Error "a part of a pipeline has no job in it";
    OutputsWithoutCall = "F0641" Error "a pipeline that nobody calls has outputs";
    LateFilter = "F0642" Error "which calls a loop makes is decided too late";
    LateLoop = "F0643" Error "a loop over a later list has files in its elements";
    BadFilter = "F0644" Error "a filter of a trigger matches nothing, or not what it should";
    UnknownPipeline = "F0645" Error "there is no such pipeline to follow or to read";
    UnknownExposed = "F0646" Error "a pipeline exposes nothing of this name";
    GateNotReached = "F0647" Warning "a required gate may never be reached";
    NeverStarted = "F0648" Warning "a condition asks for an event that does not start the pipeline";
    NeverExposed = "F0649" Error "what is exposed can never be there";

    NotBuilt = "F0701" Error "this part of the language is not built yet";
    LimitExceeded = "F0702" Error "a program is larger than a limit";
    PlansDiffer = "F0703" Error "the plans of a pipeline for two backends do not agree";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
