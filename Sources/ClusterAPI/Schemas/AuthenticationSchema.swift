extension SchemaText {
    /// Who the caller is, and tokens of service accounts.
    static let authentication = """
        package io.k8s.api.authentication.v1
        kind SelfSubjectReview authentication.k8s.io/v1 selfsubjectreviews selfsubjectreview cluster verbs(create)
        kind SelfSubjectReview authentication.k8s.io/v1beta1 selfsubjectreviews selfsubjectreview cluster verbs(create)
        kind TokenReview authentication.k8s.io/v1 tokenreviews tokenreview cluster verbs(create)
        kind TokenRequest authentication.k8s.io/v1 - token namespaced verbs()

        type SelfSubjectReview : Asks the server whom it takes the asker for.
          metadata 1 ObjectMeta
          status 2 SelfSubjectReviewStatus
        type SelfSubjectReviewStatus : Whom the server takes the asker for.
          userInfo 1 UserInfo
        type UserInfo : A user as requests are judged by it.
          username 1 string : Name of the user, unique among all that are active.
          uid 2 string
          groups 3 []string : Groups that the user belongs to.
          extra 4 {}[]string : What else whoever recognised the user knows.
        type TokenReview : Asks whose token this is.
          metadata 1 ObjectMeta
          spec 2 TokenReviewSpec ! : The token, and whom it should be for.
          status 3 TokenReviewStatus : The answer.
        type TokenReviewSpec : A token and the audiences that it is shown to.
          token 1 string : The token, as it stands behind Bearer in a request.
          audiences 2 []string : Whom the token should be for; the API server itself when there are none.
        type TokenReviewStatus : What the server knows about a token.
          authenticated 1 bool : Whether the token is good.
          user 2 UserInfo : Whose it is.
          audiences 4 []string : The audiences asked about that the token is for.
          error 3 string : Why the token could not be checked.
        type TokenRequest : Asks for a token of a service account.
          metadata 1 ObjectMeta
          spec 2 TokenRequestSpec !
          status 3 TokenRequestStatus
        type TokenRequestSpec : For whom a token is wanted, and for how long.
          audiences 1 []string ! : Whom the token is to be shown to; nobody else must accept it.
          expirationSeconds 4 int64 =3600 zero : How long it should be valid, in seconds; at least 600.
          boundObjectRef 3 BoundObjectReference
        type BoundObjectReference : An object with whose end the token ends too.
          kind 1 string
          apiVersion 2 string
          name 3 string
          uid 4 string
        type TokenRequestStatus : The token that was made.
          token 1 string ! : The token, to be sent behind Bearer in the Authorization field.
          expirationTimestamp 2 time ! : When the token ceases to be good.
        """
}
