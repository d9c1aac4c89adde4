//! `/my/usage`.

mod usage;

edge::routes! {
    GET read "/my/usage" => usage::handle;
}
