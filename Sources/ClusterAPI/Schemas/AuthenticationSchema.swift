extension SchemaText {
    /// Who the caller is, and tokens of service accounts.
    static let authentication = """
        package io.k8s.api.authentication.v1
        kind SelfSubjectReview authentication.k8s.io/v1 selfsubjectreviews selfsubjectreview cluster verbs(create)
        kind TokenRequest authentication.k8s.io/v1 - token namespaced verbs()

        type SelfSubjectReview
          metadata 1 ObjectMeta
          status 2 SelfSubjectReviewStatus
        type SelfSubjectReviewStatus
          userInfo 1 UserInfo
        type UserInfo
          username 1 string
          uid 2 string
          groups 3 []string
          extra 4 {}[]string
        type TokenRequest
          metadata 1 ObjectMeta
          spec 2 TokenRequestSpec !
          status 3 TokenRequestStatus
        type TokenRequestSpec
          audiences 1 []string !
          expirationSeconds 4 int64 =3600 zero
          boundObjectRef 3 BoundObjectReference
        type BoundObjectReference
          kind 1 string
          apiVersion 2 string
          name 3 string
          uid 4 string
        type TokenRequestStatus
          token 1 string !
          expirationTimestamp 2 time !
        """
}
