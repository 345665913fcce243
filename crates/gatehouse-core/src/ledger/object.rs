//! A ledger in an object store: S3 and what speaks its protocol, Google Cloud Storage, Azure Blob
//! Storage. Files are created with conditional writes, so two writers of one name cannot both win.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, PutMode, PutOptions};
use url::Url;

use super::store::{Change, Created, Read, Store, StoreError};
use crate::net::http::Http;
use crate::system::System;

/// Where credentials and endpoints are looked for; the names are those of the providers' own tools.
const VARIABLES: [&str; 27] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_ENDPOINT",
    "AZURE_STORAGE_USE_EMULATOR",
    "AZURE_STORAGE_CLIENT_ID",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_STORAGE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_ALLOW_HTTP",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BASE_URL",
];

/// A prefix in a bucket or container.
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    runtime: tokio::runtime::Runtime,
}

impl Objects {
    pub(super) fn open(location: &str, system: &dyn System) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let wrong = |error: &dyn std::fmt::Display| {
            StoreError::Location(format!("{location:?} cannot be used: {error}"))
        };
        let url: Url = location
            .parse()
            .map_err(|error: url::ParseError| wrong(&error))?;
        let (scheme, prefix) = ObjectStoreScheme::parse(&url).map_err(|error| wrong(&error))?;
        let options = || {
            VARIABLES
                .iter()
                .filter_map(|name| Some((name.to_ascii_lowercase(), system.var(name)?)))
        };
        // Each builder reads the variables that are its own and knows nothing of the others.
        macro_rules! build {
            ($builder:ty) => {
                options()
                    .fold(
                        <$builder>::new()
                            .with_url(url.as_str())
                            .with_http_connector(Transport(Http::new())),
                        |builder, (name, value)| match name.parse() {
                            Ok(key) => builder.with_config(key, value),
                            Err(_) => builder,
                        },
                    )
                    .build()
                    .map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            };
        }
        let store = match scheme {
            ObjectStoreScheme::AmazonS3 => build!(AmazonS3Builder),
            ObjectStoreScheme::GoogleCloudStorage => build!(GoogleCloudStorageBuilder),
            ObjectStoreScheme::MicrosoftAzure => build!(MicrosoftAzureBuilder),
            _ => return Err(wrong(&"it is no object store that is known here")),
        };
        Ok(Self {
            store: store.map_err(|error| wrong(&error))?,
            prefix,
            runtime,
        })
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }
}

/// Carries the store's requests with the one client that the gates have.
#[derive(Debug, Clone)]
struct Transport(Http);

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl HttpService for Transport {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let http = self.0.clone();
        let (parts, body) = request.into_parts();
        // A body in parts is put together by the one type that can.
        let bytes = HttpResponseBody::new(body).bytes().await?;
        // The client blocks; several requests at a time need a thread each.
        let answered = tokio::task::spawn_blocking(move || {
            http.send(ureq::http::Request::from_parts(parts, bytes.as_ref()))
        });
        let answer = answered
            .await
            .map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))?
            .map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        let mut response = HttpResponse::new(answer.body.into());
        *response.status_mut() = ureq::http::StatusCode::from_u16(answer.status)
            .map_err(|error| HttpError::new(HttpErrorKind::Decode, error))?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

fn failed(error: &object_store::Error) -> StoreError {
    StoreError::Failed(format!("the object store failed: {error}"))
}

impl Store for Objects {
    fn list(&self) -> Result<Vec<String>, StoreError> {
        use futures_util::TryStreamExt as _;
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let listed = self
            .runtime
            .block_on(self.store.list(prefix).try_collect::<Vec<_>>());
        let mut names: Vec<String> = listed
            .map_err(|error| failed(&error))?
            .into_iter()
            .filter_map(|object| {
                let name = object
                    .location
                    .as_ref()
                    .strip_prefix(self.prefix.as_ref())?;
                Some(name.trim_start_matches('/').to_owned())
            })
            .collect();
        names.sort();
        Ok(names)
    }

    fn read(&self, names: &[String]) -> Result<Vec<Read>, StoreError> {
        use futures_util::StreamExt as _;
        // Objects are small and far away: several at a time.
        const AT_ONCE: usize = 16;
        let reads = names.iter().map(|name| async move {
            let result = match self.store.get(&self.path(name)).await {
                Ok(got) => got.bytes().await,
                Err(error) => Err(error),
            };
            (name.clone(), result)
        });
        let results: Vec<_> = self.runtime.block_on(
            futures_util::stream::iter(reads)
                .buffered(AT_ONCE)
                .collect(),
        );
        let mut files = Vec::with_capacity(results.len());
        for (name, result) in results {
            match result {
                Ok(bytes) => files.push((name, Ok(bytes.to_vec()))),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(files)
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        let path = self.path(name);
        let options = PutOptions {
            mode: PutMode::Create,
            ..PutOptions::default()
        };
        match self
            .runtime
            .block_on(self.store.put_opts(&path, bytes.to_vec().into(), options))
        {
            Ok(_) => Ok(Created::New),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. },
            ) => {
                let known = self
                    .runtime
                    .block_on(async { self.store.get(&path).await?.bytes().await });
                if known.map_err(|error| failed(&error))? == bytes {
                    Ok(Created::Known)
                } else {
                    Err(StoreError::Taken(name.to_owned()))
                }
            }
            Err(error) => Err(failed(&error)),
        }
    }

    fn change(&self, change: &Change) -> Result<(), StoreError> {
        for (name, bytes) in &change.add {
            self.create(name, bytes)?;
        }
        for name in &change.remove {
            match self.runtime.block_on(self.store.delete(&self.path(name))) {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(())
    }
}
