//! Routes as they are written down: the router is made of these lists and of nothing else, so that a test knows every way in.

use axum::{
    Router,
    handler::Handler,
    routing::{self, MethodRouter},
};
use http::Method;

use crate::router::Site;

/// A way in: one method at one address.
pub(crate) struct Route {
    #[cfg_attr(not(test), expect(dead_code, reason = "the test of who may do what reads it"))]
    pub(crate) method: Method,
    pub(crate) path: String,
    handler: MethodRouter<Site>,
}

/// Several ways in.
#[derive(Default)]
pub(crate) struct Routes(Vec<Route>);

/// What answers a method.
pub(crate) struct Answerer(Method, MethodRouter<Site>);

pub(crate) fn get<H: Handler<T, Site>, T: 'static>(handler: H) -> Answerer {
    Answerer(Method::GET, routing::get(handler))
}

pub(crate) fn post<H: Handler<T, Site>, T: 'static>(handler: H) -> Answerer {
    Answerer(Method::POST, routing::post(handler))
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn route(mut self, path: &str, Answerer(method, handler): Answerer) -> Self {
        self.0.push(Route { method, path: path.to_owned(), handler });
        self
    }

    /// The others, below a path.
    pub(crate) fn nest(mut self, path: &str, others: Self) -> Self {
        self.0.extend(others.0.into_iter().map(|route| Route { path: format!("{path}{}", route.path), ..route }));
        self
    }

    pub(crate) fn into_router(self) -> Router<Site> {
        self.0.into_iter().fold(Router::new(), |router, route| router.route(&route.path, route.handler))
    }
}

impl IntoIterator for Routes {
    type Item = Route;
    type IntoIter = std::vec::IntoIter<Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
