//! What only commands on places refuse with.

/// Why a command on places was not executed, in Redis's words.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeoError {
    /// There is no such place, or it is too near to a pole.
    #[error("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")]
    Place {
        /// As given, in degrees.
        longitude: f64,
        /// As given, in degrees.
        latitude: f64,
    },
    /// A radius, width or height is no number. Carries which of them.
    #[error("ERR need numeric {0}")]
    NotNumeric(&'static str),
    /// A radius is negative.
    #[error("ERR radius cannot be negative")]
    NegativeRadius,
    /// A width or height is negative.
    #[error("ERR height or width cannot be negative")]
    NegativeBox,
    /// A unit of length that there is not.
    #[error("ERR unsupported unit provided. please use M, KM, FT, MI")]
    Unit,
    /// The member to search around does not exist.
    #[error("ERR could not decode requested zset member")]
    NoSuchMember,
    /// GEOSEARCH without a middle. Carries the command's name as the client wrote it.
    #[error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {0}")]
    From(Box<str>),
    /// GEOSEARCH without a shape. Carries the same.
    #[error("ERR exactly one of BYRADIUS and BYBOX can be specified for {0}")]
    By(Box<str>),
    /// ANY without COUNT.
    #[error("ERR the ANY argument requires COUNT argument")]
    AnyWithoutCount,
    /// COUNT of nothing.
    #[error("ERR COUNT must be > 0")]
    Count,
    /// What is to be written cannot be answered. Carries what asks to write.
    #[error("ERR {0} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    StoreAndWith(&'static str),
}

/// Two errors are the same if they read the same: places that are none may be NaN.
impl Eq for GeoError {}
